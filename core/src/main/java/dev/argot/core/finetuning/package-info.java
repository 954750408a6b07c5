/** Fine-tuning of task heads: reading labelled data, rows, the run, what it leaves. */
package dev.argot.core.finetuning;
