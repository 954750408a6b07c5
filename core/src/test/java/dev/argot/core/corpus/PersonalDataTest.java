package dev.argot.core.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStep.Verdict;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What identifies a person, and what merely looks so. The numbers are examples of standards and of payment networks. */
class PersonalDataTest {
    private static CurationStep step(String... settings) {
        return Steps.open(new PersonalData(), Steps.context(Optional.empty()), settings);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "Write to jane.doe+x@mail.example.org.; Write to [EMAIL].",
                "<j_d@example.com>; <[EMAIL]>",
                "jürgen@müller.example, too; [EMAIL], too",
                "call 555-010-1234@example.com; call [EMAIL]",
                "call (202) 555-0147 now; call [PHONE] now",
                "202-555-0147, 202.555.0148; [PHONE], [PHONE]",
                "1-202-555-0147; [PHONE]",
                "+44 20 7946 0958!; [PHONE]!",
                "+1 (202) 555-0147; [PHONE]",
                "+49 (0)30 901820; [PHONE]",
                "0049 30 901820; [PHONE]",
                "IBAN DE89 3704 0044 0532 0130 00 and; IBAN [IBAN] and",
                "GB82WEST12345698765432.; [IBAN].",
                "FR14 2004 1010 0505 0001 3M02 606; [IBAN]",
                "NO9386011117947; [IBAN]",
                "card 4111 1111 1111 1111, 12/29; card [CARD], 12/29",
                "5555555555554444; [CARD]",
                "3782-822463-10005; [CARD]",
                "6011111111111117 and 3530111333300000; [CARD] and [CARD]",
                "SSN 078-05-1120.; SSN [SSN].",
                "MRN: 00123456; MRN: [MRN]",
                "Medical record number 12-34-567 of; Medical record number [MRN] of",
                "medical record no. A1234567; medical record no. [MRN]",
                "from 192.168.0.12.; from [IP].",
                "2001:db8:85a3::8a2e:370:7334 up; [IP] up",
                "2001:0db8:0000:0000:0000:ff00:0042:8329; [IP]",
                "::ffff:192.0.2.128; [IP]",
                "fe80::1ff:fe23:4567:890a%eth0; [IP]%eth0"
            })
    void judge_identifiers_masksThem(String text, String masked) {
        assertThat(PersonalData.mask(text)).isEqualTo(masked);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "at 5 @ 3 dollars each, @handle, a@b, x@y.z",
                "4111 1111 1111 1112", // Luhn
                "9111111111111111", // no issuer
                "DE88370400440532013000", // mod 97
                "GB82WEST1234569876543", // too short
                "ZZ82WEST12345698765432", // no such country
                "000-12-3456 and 666-12-3456 and 900-12-3456 and 123-00-4567 and 123-45-0000",
                "2078-05-1120",
                "256.1.1.1 and 1.2.3 and 1.2.3.4.5",
                "12:30:45 and 1:2:3:4:5:6:7 and std::string and ::",
                "1,234,567.89 and 3.14159265358979",
                "the years 1990 1991 1992 1993 and 2000 2001 2002 2003",
                "§ 12-1234 of Pub. L. 104-191, 110 Stat. 1936",
                "No. 18-587, 140 S. Ct. 1891 (2020)",
                "MRNs are numbers; medical record",
                "pages 100-150-2000"
            })
    void judge_whatMerelyLooksLikeIt_staysAsItIs(String text) {
        assertThat(PersonalData.mask(text)).isEqualTo(text);
        assertThat(Steps.judge(step(), text)).isEqualTo(Verdict.KEEP);
    }

    @Test
    void judge_kinds_masksThoseAlone() {
        assertThat(Steps.judge(step("kinds", "email, ssn"), "a@example.org b@example.org 192.0.2.1 078-05-1120"))
                .isEqualTo(new Verdict.Change("[EMAIL] [EMAIL] 192.0.2.1 [SSN]", Map.of("email", 2L, "ssn", 1L)));
        assertThatThrownBy(() -> step("kinds", "e-mail"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "expected some of [email, phone, iban, card, ssn, medical-record-number, ip-address]");
    }

    @Test
    void judge_patternOfADomain_masksWhatItMatches() {
        assertThat(Steps.judge(step("pattern.npi", "\\bNPI:? \\d{10}\\b"), "NPI: 1234567893, a@example.org"))
                .isEqualTo(new Verdict.Change("[NPI], [EMAIL]", Map.of("npi", 1L, "email", 1L)));
        assertThatThrownBy(() -> step("pattern.x", "("))
                .hasMessageContaining("'pattern.x': expected a regular expression");
    }

    @Test
    void judge_patternThatBacktracks_isStopped() {
        assertThatThrownBy(() -> Steps.judge(step("pattern.evil", "(a+)+b"), "a".repeat(5000)))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("'pattern.evil'")
                .hasMessageContaining("the document 'id'");
    }

    /** Whatever stands around them, none of the identifiers is left. */
    @RepeatedTest(200)
    void judge_planted_leavesNone(RepetitionInfo info) {
        var random = new Random(info.getCurrentRepetition());
        List<String> planted = new ArrayList<>();
        var text = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            String identifier = identifier(random);
            planted.add(identifier);
            text.append(Steps.prose(random, random.nextInt(12)))
                    .append(List.of(" ", "\n", " (", ": ", " \"").get(random.nextInt(5)))
                    .append(identifier)
                    .append(List.of(" ", "\n", ") ", ". ", ", ", "\" ", "; ").get(random.nextInt(7)));
        }
        String masked = PersonalData.mask(text.toString());
        assertThat(planted)
                .as("seed %d: %s", info.getCurrentRepetition(), text)
                .allSatisfy(identifier -> assertThat(masked).doesNotContain(identifier));
    }

    private static String identifier(Random random) {
        return switch (random.nextInt(6)) {
            case 0 ->
                "u" + random.nextInt(1000) + "." + (char) ('a' + random.nextInt(26)) + "@mail" + random.nextInt(10)
                        + ".example.org";
            case 1 ->
                String.format("(%d) %03d-%04d", 200 + random.nextInt(800), random.nextInt(1000), random.nextInt(10000));
            case 2 -> iban(random);
            case 3 -> card(random);
            case 4 ->
                String.format(
                        "%03d-%02d-%04d", 1 + random.nextInt(665), 1 + random.nextInt(99), 1 + random.nextInt(9999));
            default ->
                random.nextInt(256) + "." + random.nextInt(256) + "." + random.nextInt(256) + "." + random.nextInt(256);
        };
    }

    /** German: two check digits and 18 digits; the letters D and E count 13 and 14. */
    private static String iban(Random random) {
        var digits = new StringBuilder();
        for (int i = 0; i < 18; i++) {
            digits.append(random.nextInt(10));
        }
        var number = new BigInteger(digits + "131400");
        int check = 98 - number.mod(BigInteger.valueOf(97)).intValue();
        String whole = String.format("DE%02d", check) + digits;
        return random.nextBoolean() ? whole : whole.replaceAll("(.{4})(?=.)", "$1 ");
    }

    private static String card(Random random) {
        var digits = new StringBuilder("4");
        for (int i = 0; i < 14; i++) {
            digits.append(random.nextInt(10));
        }
        for (int last = 0; last < 10; last++) {
            int sum = 0;
            String whole = digits.toString() + last;
            for (int i = 0; i < 16; i++) {
                int digit = whole.charAt(i) - '0';
                sum += i % 2 == 0 ? digit * 2 / 10 + digit * 2 % 10 : digit;
            }
            if (sum % 10 == 0) {
                return random.nextBoolean() ? whole : whole.replaceAll("(.{4})(?=.)", "$1-");
            }
        }
        throw new IllegalStateException();
    }
}
