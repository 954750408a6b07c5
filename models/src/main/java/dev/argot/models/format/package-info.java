/** File formats of checkpoints: Hugging Face folders with safetensors, and GGUF. */
@NullMarked
package dev.argot.models.format;

import org.jspecify.annotations.NullMarked;
