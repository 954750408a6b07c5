/** Fine-tuning of an encoder with a task head on labelled data: classification, tagging, extractive question answering. */
package dev.argot.api.finetuning;
