package dev.argot.core.corpus;

import dev.argot.api.ArgotException;
import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Masks what identifies a person, such as {@code [EMAIL]} for an address. What has check digits is masked only where they are right.
 *
 * <ul>
 *   <li>{@code kinds}: which of {@code email}, {@code phone} (with {@code +} or {@code 00} and a country code, or North American with
 *       separators), {@code iban} (length of its country; ISO 7064 mod 97-10), {@code card} (13 to 19 digits of an issuer; Luhn,
 *       ISO/IEC 7812-1), {@code ssn} (United States, with hyphens, of a range that was issued), {@code medical-record-number} (after
 *       <i>MRN</i> or <i>medical record number</i>), {@code ip-address} (versions 4 and 6); default: all
 *   <li>{@code pattern.NAME}: a regular expression of {@link Pattern} for what a domain adds; what it finds, or its first group where it
 *       has one, is masked as {@code [NAME]} in upper case. One that goes through a text more than a hundred times is stopped with an
 *       error
 *   <li>{@code check.NAME}: how the digits of what {@code pattern.NAME} finds are checked: {@code luhn}, or {@code luhn 80840} with digits
 *       put before them (National Provider Identifiers of the United States, 45 CFR 162.406); or weights such as
 *       {@code 3,7,1,3,7,1,3,7,1} (routing numbers of the American Bankers Association), by which as many digits from the end are
 *       multiplied, and the sum has to be divisible by 10. Default: not at all
 * </ul>
 *
 * Names of persons and places are not looked for.
 */
public final class PersonalData implements CurationStepProvider {
    private static final Pattern LUHN = Pattern.compile("luhn(?: ([0-9]+))?");
    private static final Pattern WEIGHTS = Pattern.compile("[0-9](,[0-9])*");
    private static final Pattern NO_DIGITS = Pattern.compile("[^0-9]+");

    /** Lengths by country, from the IBAN registry (ISO 13616). */
    private static final Map<String, Integer> IBAN_LENGTHS = lengths(
            "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27"
                    + " GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21"
                    + " LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24"
                    + " SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20");

    private static Map<String, Integer> lengths(String table) {
        var lengths = new LinkedHashMap<String, Integer>();
        for (String entry : table.split(" ", -1)) {
            lengths.put(entry.substring(0, 2), Integer.valueOf(entry.substring(2)));
        }
        return Map.copyOf(lengths);
    }

    /** For the service loader. */
    public PersonalData() {}

    @Override
    public String name() {
        return CurationRules.PERSONAL_DATA;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        for (String name :
                settings.list("kinds", Kind.ALL.stream().map(Kind::setting).toList())) {
            kinds.add(Kind.ALL.stream()
                    .filter(kind -> kind.setting().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("curation step '" + name()
                            + "': setting 'kinds': expected some of "
                            + Kind.ALL.stream().map(Kind::setting).toList() + ", found '" + name + "'")));
        }
        var patterns = new LinkedHashMap<String, Custom>();
        Map<String, String> checks = new LinkedHashMap<>(settings.startingWith("check."));
        settings.startingWith("pattern.").forEach((name, expression) -> {
            try {
                Pattern pattern = Pattern.compile(expression);
                int group = pattern.matcher("").groupCount() > 0 ? 1 : 0;
                patterns.put(name, new Custom(pattern, group, check(name, checks.remove(name))));
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(
                        "curation step '" + name() + "': setting 'pattern." + name
                                + "': expected a regular expression, found: "
                                + e.getDescription() + " in '" + expression + "'",
                        e);
            }
        });
        checks.keySet().forEach(name -> {
            throw new IllegalArgumentException("curation step '" + name() + "': expected a setting 'pattern." + name
                    + "' beside 'check." + name + "', found none");
        });
        return new Step(kinds, patterns);
    }

    private Check check(String name, @Nullable String setting) {
        if (setting == null) {
            return digits -> true;
        }
        Matcher luhn = LUHN.matcher(setting);
        if (luhn.matches()) {
            String before = luhn.group(1) == null ? "" : luhn.group(1);
            return digits -> isLuhn(before + digits);
        }
        if (!WEIGHTS.matcher(setting).matches()) {
            throw new IllegalArgumentException("curation step '" + name() + "': setting 'check." + name
                    + "': expected 'luhn', 'luhn' and digits, or weights separated by commas, found '" + setting + "'");
        }
        int[] weights = Arrays.stream(setting.split(",", -1))
                .mapToInt(Integer::parseInt)
                .toArray();
        return digits -> isWeighted(digits, weights);
    }

    /** The digits, every second of them from the end doubled and its digits added, sum up to a multiple of 10 (ISO/IEC 7812-1). */
    private static boolean isLuhn(String digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(digits.length() - 1 - i) - '0';
            int doubled = 2 * digit;
            sum += i % 2 == 0 ? digit : doubled / 10 + doubled % 10;
        }
        return !digits.isEmpty() && sum % 10 == 0;
    }

    private static boolean isWeighted(String digits, int[] weights) {
        int from = digits.length() - weights.length;
        if (from < 0) {
            return false;
        }
        int sum = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i] * (digits.charAt(from + i) - '0');
        }
        return sum % 10 == 0;
    }

    /** Whether digits are right. */
    @FunctionalInterface
    private interface Check {
        boolean test(String digits);
    }

    /**
     * What a domain adds.
     *
     * @param pattern finds it
     * @param group what of it is masked; 0: all
     * @param check whether the digits in it are right
     */
    private record Custom(Pattern pattern, int group, Check check) {
        boolean isRight(String found) {
            return check.test(NO_DIGITS.matcher(found).replaceAll(""));
        }
    }

    /** A text with all kinds masked. */
    static String mask(String text) {
        Scan scan = new Scan(text, Kind.ALL);
        return scan.finds.isEmpty() ? text : scan.masked();
    }

    /** What is looked for. */
    enum Kind {
        EMAIL("email", "[EMAIL]"),
        PHONE("phone", "[PHONE]"),
        IBAN("iban", "[IBAN]"),
        CARD("card", "[CARD]"),
        SSN("ssn", "[SSN]"),
        MEDICAL_RECORD_NUMBER("medical-record-number", "[MRN]"),
        IP_ADDRESS("ip-address", "[IP]");

        private static final Set<Kind> ALL = EnumSet.allOf(Kind.class);

        private final String setting;
        private final String mask;

        Kind(String setting, String mask) {
            this.setting = setting;
            this.mask = mask;
        }

        String setting() {
            return setting;
        }
    }

    private record Step(Set<Kind> kinds, Map<String, Custom> patterns) implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            String text = document.text();
            var counts = new LinkedHashMap<String, Long>();
            Scan scan = new Scan(text, kinds);
            if (!scan.finds.isEmpty()) {
                text = scan.masked();
                scan.finds.forEach(find -> counts.merge(find.kind().setting, 1L, Long::sum));
            }
            for (Map.Entry<String, Custom> entry : patterns.entrySet()) {
                text = mask(
                        text,
                        entry.getKey(),
                        entry.getValue(),
                        counts,
                        document.document().id());
            }
            return counts.isEmpty() ? Verdict.KEEP : new Verdict.Change(text, counts);
        }

        private static String mask(String text, String name, Custom custom, Map<String, Long> counts, String document) {
            Matcher matcher = custom.pattern.matcher(new Metered(
                    text,
                    () -> "curation step '" + CurationRules.PERSONAL_DATA
                            + "': setting 'pattern." + name
                            + "': expected an expression that goes through a text once, found one that backtracks"
                            + " without end on the document '" + document + "'"));
            long found = 0;
            var masked = new StringBuilder();
            int from = 0;
            while (matcher.find()) {
                int start = matcher.start(custom.group); // -1 where the group took no part
                int end = matcher.end(custom.group);
                if (end > start && custom.isRight(text.substring(start, end))) {
                    masked.append(text, from, start)
                            .append('[')
                            .append(name.toUpperCase(Locale.ROOT))
                            .append(']');
                    from = end;
                    found++;
                }
            }
            if (found == 0) {
                return text;
            }
            counts.merge(name, found, Long::sum);
            return masked.append(text, from, text.length()).toString();
        }
    }

    /** A text that can be looked at so often and no more. */
    private static final class Metered implements CharSequence {
        private static final int PASSES = 100;

        private final CharSequence text;
        private final Supplier<String> problem;
        private long left;

        Metered(CharSequence text, Supplier<String> problem) {
            this.text = text;
            this.problem = problem;
            left = (text.length() + 1000L) * PASSES;
        }

        @Override
        public char charAt(int index) {
            if (--left < 0) {
                throw new ArgotException(problem.get());
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    /** A place in the text. */
    private record Find(int start, int end, Kind kind) {}

    /**
     * Goes through a text once. Whatever begins at a place is tried there, and none looks further than a few dozen characters, so that
     * the time is proportional to the length.
     */
    private static final class Scan {
        private static final int LONGEST_LOCAL_PART = 64; // RFC 5321, 4.5.3.1.1
        private static final int LONGEST_DOMAIN = 255;
        private static final int MOST_CARD_DIGITS = 19;
        private static final int LEAST_CARD_DIGITS = 13;
        private static final String MEDICAL_RECORD = "medical record";

        private final String text;
        private final char[] chars;
        private final Set<Kind> kinds;
        private final List<Find> finds = new ArrayList<>();

        Scan(String text, Set<Kind> kinds) {
            this.text = text;
            this.kinds = kinds;
            chars = text.toCharArray();
            int i = 0;
            while (i < chars.length) {
                i = step(i);
            }
        }

        String masked() {
            var masked = new StringBuilder(chars.length);
            int from = 0;
            for (Find find : finds) {
                masked.append(text, from, find.start()).append(find.kind().mask);
                from = find.end();
            }
            return masked.append(text, from, chars.length).toString();
        }

        /** Looks at one place and gives the next. */
        private int step(int i) {
            char c = chars[i];
            if (isDigit(c)) {
                int end = startsNumber(i) ? number(i) : -1;
                return end > 0 ? end : afterAlphanumeric(i);
            }
            if (c < 128 ? (c | 32) >= 'a' && (c | 32) <= 'z' : Character.isLetter(c)) {
                int end = -1;
                if (i == 0 || !isAlphanumeric(chars[i - 1])) {
                    end = iban(i);
                    end = end > 0 ? end : recordNumber(i);
                    end = end > 0 ? end : ipv6(i);
                }
                return end > 0 ? end : afterAlphanumeric(i);
            }
            int end =
                    switch (c) {
                        case '@' -> email(i);
                        case '+', '(' -> i == 0 || !isAlphanumeric(chars[i - 1]) ? phone(i) : -1;
                        case ':' -> ipv6(i);
                        default -> -1;
                    };
            return end > 0 ? end : i + 1;
        }

        private int number(int i) {
            int end = socialSecurityNumber(i);
            end = end > 0 ? end : ipv4(i);
            end = end > 0 ? end : ipv6(i);
            end = end > 0 ? end : card(i);
            return end > 0 ? end : phone(i);
        }

        private int found(int start, int end, Kind kind) {
            finds.add(new Find(start, end, kind));
            return end;
        }

        private int email(int at) {
            if (!kinds.contains(Kind.EMAIL)) {
                return -1;
            }
            int start = at;
            while (start > 0 && at - start < LONGEST_LOCAL_PART && isLocalPart(chars[start - 1])) {
                start--;
            }
            while (start < at && !isAlphanumeric(chars[start])) {
                start++;
            }
            int end = -1;
            int i = at + 1;
            int label = i;
            while (i < chars.length && i - at <= LONGEST_DOMAIN) {
                char c = chars[i];
                if (isAlphanumeric(c) || (c == '-' && i > label)) {
                    i++;
                    if (label > at + 1 && i - label >= 2 && isAlphanumeric(c)) {
                        end = i; // a second label of at least two
                    }
                } else if (c == '.' && i > label) {
                    label = ++i;
                } else {
                    break;
                }
            }
            if (start == at || end < 0) {
                return -1;
            }
            while (!finds.isEmpty() && finds.get(finds.size() - 1).end() > start) {
                start = Math.min(start, finds.remove(finds.size() - 1).start());
            }
            return found(start, end, Kind.EMAIL);
        }

        private static boolean isLocalPart(char c) {
            return isAlphanumeric(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
        }

        private int socialSecurityNumber(int i) {
            // 123-45-6789; 000, 666 and 900 to 999 were never an area, 00 no group, 0000 no serial number
            if (!kinds.contains(Kind.SSN)
                    || digits(i, 4) != 3
                    || !isHyphen(at(i + 3))
                    || digits(i + 4, 3) != 2
                    || !isHyphen(at(i + 6))
                    || digits(i + 7, 5) != 4
                    || !endsNumber(i + 11)) {
                return -1;
            }
            int area = value(i, 3);
            boolean issued = area != 0 && area != 666 && area < 900 && value(i + 4, 2) != 0 && value(i + 7, 4) != 0;
            return issued ? found(i, i + 11, Kind.SSN) : -1;
        }

        private int ipv4(int i) {
            int end = kinds.contains(Kind.IP_ADDRESS) ? ipv4End(i) : -1;
            return end > 0 && endsNumber(end) ? found(i, end, Kind.IP_ADDRESS) : -1;
        }

        private int ipv4End(int start) {
            int i = start;
            for (int part = 0; part < 4; part++) {
                if (part > 0 && at(i++) != '.') {
                    return -1;
                }
                int size = digits(i, 4);
                if (size < 1 || size > 3 || value(i, size) > 255) {
                    return -1;
                }
                i += size;
            }
            return i;
        }

        /** Groups of up to four hexadecimal digits: eight, or fewer around one {@code ::} (RFC 4291, 2.2). */
        private int ipv6(int start) {
            if (!kinds.contains(Kind.IP_ADDRESS)
                    || (start > 0 && (isAlphanumeric(chars[start - 1]) || chars[start - 1] == ':'))) {
                return -1;
            }
            int i = start;
            int groups = 0;
            int hexDigits = 0;
            boolean gap = false;
            int end = -1;
            while (groups < 8) {
                int size = hexDigits(i);
                if (size > 0 && at(i + size) == '.' && groups > 0 && groups <= 6 && ipv4End(i) > 0) {
                    groups += 2;
                    hexDigits += 4;
                    end = ipv4End(i);
                    i = end;
                    break;
                }
                if (size > 4) {
                    return -1;
                }
                if (size > 0) {
                    groups++;
                    hexDigits += size;
                    i += size;
                    end = i;
                } else if (at(i) != ':' || (groups > 0 && at(i - 1) != ':')) {
                    break;
                }
                if (at(i) != ':') {
                    break;
                }
                if (at(i + 1) == ':') {
                    if (gap) {
                        return -1;
                    }
                    gap = true;
                    i += 2;
                    end = i;
                    if (hexDigits(i) == 0) {
                        break;
                    }
                } else if (groups == 0 || hexDigits(i + 1) == 0) {
                    break; // one colon behind it
                } else {
                    i++;
                }
            }
            boolean whole = gap ? groups >= 2 && groups < 8 && hexDigits >= 4 : groups == 8;
            return whole && end > 0 && (end >= chars.length || !isAlphanumeric(chars[end]))
                    ? found(start, end, Kind.IP_ADDRESS)
                    : -1;
        }

        private int card(int start) {
            if (!kinds.contains(Kind.CARD)) {
                return -1;
            }
            int[] digits = new int[MOST_CARD_DIGITS];
            int count = 0;
            int end = -1;
            int i = start;
            while (count < MOST_CARD_DIGITS && isDigit(at(i))) {
                digits[count++] = chars[i++] - '0';
                char next = at(i);
                if (!isDigit(next)) {
                    if (count >= LEAST_CARD_DIGITS && isIssued(digits) && luhn(digits, count) && endsNumber(i)) {
                        end = i;
                    }
                    if ((next == ' ' || isHyphen(next)) && isDigit(at(i + 1))) {
                        i++;
                    }
                }
            }
            return end > 0 ? found(start, end, Kind.CARD) : -1;
        }

        /** By the ranges of the large networks. */
        private static boolean isIssued(int[] digits) {
            int two = digits[0] * 10 + digits[1];
            int four = two * 100 + digits[2] * 10 + digits[3];
            return digits[0] == 4
                    || (two >= 51 && two <= 55)
                    || (four >= 2221 && four <= 2720)
                    || two == 34
                    || two == 37
                    || two == 36
                    || two == 38
                    || two == 39
                    || (four / 10 >= 300 && four / 10 <= 305)
                    || (four >= 3528 && four <= 3589)
                    || four == 6011
                    || (four / 10 >= 644 && four / 10 <= 649)
                    || two == 65
                    || two == 62;
        }

        /** Every second digit from the right doubled, the sum of all digits a multiple of ten. */
        private static boolean luhn(int[] digits, int count) {
            int sum = 0;
            for (int k = 0; k < count; k++) {
                int digit = digits[count - 1 - k];
                int weighted = k % 2 == 0 ? digit : 2 * digit;
                sum += weighted > 9 ? weighted - 9 : weighted;
            }
            return sum % 10 == 0;
        }

        private int phone(int start) {
            if (!kinds.contains(Kind.PHONE)) {
                return -1;
            }
            int end = at(start) == '+'
                    ? international(start + 1, 8)
                    : at(start) == '0' && at(start + 1) == '0' && at(start + 2) >= '1' && at(start + 2) <= '9'
                            ? international(start + 2, 9)
                            : northAmerican(start);
            return end > 0 && endsNumber(end) ? found(start, end, Kind.PHONE) : -1;
        }

        /** Up to 15 digits (ITU-T E.164) with separators between them. */
        private int international(int start, int least) {
            if (!isDigit(at(start)) || at(start) == '0') {
                return -1;
            }
            int count = 0;
            int i = start;
            int end = -1;
            while (count <= 15) {
                if (isDigit(at(i))) {
                    count++;
                    i++;
                    end = i;
                } else {
                    int next = i;
                    while (next - i < 3 && isSeparator(at(next))) {
                        next++;
                    }
                    if (next == i || !isDigit(at(next))) {
                        break;
                    }
                    i = next;
                }
            }
            return count >= least && count <= 15 ? end : -1;
        }

        /** 202-555-0147, (202) 555-0147, 1.202.555.0147 and the like. */
        private int northAmerican(int start) {
            int i = start;
            if (at(i) == '1' && isSeparator(at(i + 1))) {
                i++;
                while (at(i) == ' ' || at(i) == '.' || isHyphen(at(i))) {
                    if (i - start > 2) {
                        return -1;
                    }
                    i++;
                }
            }
            boolean bracket = at(i) == '(';
            i += bracket ? 1 : 0;
            if (digits(i, 4) != 3 || at(i) < '2') {
                return -1;
            }
            i += 3;
            if (bracket) {
                if (at(i++) != ')') {
                    return -1;
                }
                i += at(i) == ' ' || at(i) == '.' || isHyphen(at(i)) ? 1 : 0;
            } else if (at(i) == ' ' || at(i) == '.' || isHyphen(at(i)) || at(i) == '/') {
                i++;
            } else {
                return -1;
            }
            if (digits(i, 4) != 3) {
                return -1;
            }
            i += 3;
            if (at(i) != ' ' && at(i) != '.' && !isHyphen(at(i))) {
                return -1;
            }
            i++;
            return digits(i, 5) == 4 ? i + 4 : -1;
        }

        private int iban(int start) {
            if (!kinds.contains(Kind.IBAN)
                    || !isUpper(at(start))
                    || !isUpper(at(start + 1))
                    || !isDigit(at(start + 2))
                    || !isDigit(at(start + 3))) {
                return -1;
            }
            Integer length = IBAN_LENGTHS.get(text.substring(start, start + 2));
            if (length == null) {
                return -1;
            }
            // The first four characters go to the end; letters count 10 to 35.
            int remainder = 0;
            int head = 0;
            int count = 0;
            int i = start;
            while (count < length) {
                char c = at(i);
                if (c == ' ' && count > 0 && at(i - 1) != ' ') {
                    i++;
                    continue;
                }
                if (!isDigit(c) && !isUpper(c)) {
                    return -1;
                }
                int value = isDigit(c) ? c - '0' : c - 'A' + 10;
                if (count < 4) {
                    head = (value < 10 ? head * 10 : head * 100) + value; // at most 353599
                } else {
                    remainder = ((value < 10 ? remainder * 10 : remainder * 100) + value) % 97;
                }
                count++;
                i++;
            }
            remainder = (int) ((remainder * 1_000_000L + head) % 97);
            return remainder == 1 && (i >= chars.length || !isAlphanumeric(chars[i])) ? found(start, i, Kind.IBAN) : -1;
        }

        private int recordNumber(int start) {
            if (!kinds.contains(Kind.MEDICAL_RECORD_NUMBER)) {
                return -1;
            }
            char c = chars[start];
            if (c != 'M' && c != 'm') {
                return -1;
            }
            int i;
            if (text.regionMatches(true, start, "MRN", 0, 3)) {
                i = start + 3;
            } else if (text.regionMatches(true, start, MEDICAL_RECORD, 0, MEDICAL_RECORD.length())) {
                i = start + MEDICAL_RECORD.length();
                i += at(i) == ' ' ? 1 : 0;
                for (String word : List.of("number", "num", "no", "id")) {
                    if (text.regionMatches(true, i, word, 0, word.length())) {
                        i += word.length();
                        break;
                    }
                }
            } else {
                return -1;
            }
            int separated = i;
            while (i - separated < 4
                    && (at(i) == ' '
                            || at(i) == ':'
                            || at(i) == '#'
                            || at(i) == '.'
                            || at(i) == '='
                            || isHyphen(at(i)))) {
                i++;
            }
            if (text.regionMatches(true, i, "is ", 0, 3)) {
                i += 3;
            }
            int first = i;
            int digits = 0;
            while (i - first < 20 && (isAlphanumeric(at(i)) || (isHyphen(at(i)) && isAlphanumeric(at(i + 1))))) {
                digits += isDigit(chars[i]) ? 1 : 0;
                i++;
            }
            return digits >= 4 ? found(first, i, Kind.MEDICAL_RECORD_NUMBER) : -1;
        }

        /** Whether a number starts here rather than goes on. */
        private boolean startsNumber(int i) {
            if (i == 0) {
                return true;
            }
            char before = chars[i - 1];
            return !isAlphanumeric(before)
                    && !(i > 1 && (before == '.' || before == ',' || isHyphen(before)) && isDigit(chars[i - 2]));
        }

        /** Whether a number ends here rather than goes on. */
        private boolean endsNumber(int i) {
            char next = at(i);
            return !isAlphanumeric(next) && !((next == '.' || isHyphen(next)) && isDigit(at(i + 1)));
        }

        private int afterAlphanumeric(int start) {
            int i = start + 1;
            while (i < chars.length && isAlphanumeric(chars[i])) {
                i++;
            }
            return i;
        }

        /** The char at an index; a zero beyond the end. */
        private char at(int i) {
            return i >= 0 && i < chars.length ? chars[i] : 0;
        }

        /** How many digits follow, up to a number. */
        private int digits(int start, int most) {
            int count = 0;
            while (count < most && isDigit(at(start + count))) {
                count++;
            }
            return count;
        }

        /** How many hexadecimal digits follow, up to five. */
        private int hexDigits(int start) {
            int count = 0;
            while (count < 5 && at(start + count) < 128 && Character.digit(at(start + count), 16) >= 0) {
                count++;
            }
            return count;
        }

        private int value(int start, int size) {
            int value = 0;
            for (int k = 0; k < size; k++) {
                value = value * 10 + chars[start + k] - '0';
            }
            return value;
        }

        private static boolean isDigit(char c) {
            return c >= '0' && c <= '9';
        }

        private static boolean isUpper(char c) {
            return c >= 'A' && c <= 'Z';
        }

        private static boolean isAlphanumeric(char c) {
            return c < 128 ? isDigit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') : Character.isLetterOrDigit(c);
        }

        private static boolean isHyphen(char c) {
            return c == '-' || (c >= '\u2010' && c <= '\u2013');
        }

        private static boolean isSeparator(char c) {
            return c == ' ' || c == '.' || c == '(' || c == ')' || c == '/' || isHyphen(c);
        }
    }
}
