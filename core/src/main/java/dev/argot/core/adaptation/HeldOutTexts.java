package dev.argot.core.adaptation;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import dev.argot.api.evaluation.HeldOutText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is not trained on and measured instead.
 *
 * @param domain the domain's; empty where none could be put aside
 * @param general general text that retention is measured on
 */
record HeldOutTexts(Optional<HeldOutText> domain, HeldOutText general) {
    /**
     * So much of each text as has a number of tokens, so that models with other tokenizers can be measured on the same bytes.
     *
     * @param tokens tokens of each text
     * @param counting whose tokens are meant
     */
    HeldOutTexts cut(int tokens, Tokenizer counting) {
        return new HeldOutTexts(
                domain.map(text -> HeldOutText.domain(text.name(), cut(text, tokens, counting))),
                HeldOutText.general(general.name(), cut(general, tokens, counting)));
    }

    private static List<String> cut(HeldOutText text, int tokens, Tokenizer counting) {
        var kept = new ArrayList<String>();
        int left = tokens;
        for (String document : text.documents()) {
            if (left < 2) {
                break;
            }
            Encoding encoding = counting.encode(document, EncodeOptions.PLAIN);
            kept.add(encoding.size() <= left ? document : document.substring(0, encoding.end(left - 1)));
            left -= Math.min(left, encoding.size());
        }
        return kept;
    }

    /** The text nearest to the domain. */
    HeldOutText nearest() {
        return domain.orElse(general);
    }
}
