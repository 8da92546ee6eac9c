"""Text in every form, and what a CSV file, a NULL marker or an escape might do to it."""

from tests.system.types.pg_type import as_text, shown

_HOSTILE = (
    shown("", "''"), " ", " a", "a ", "  a  b  ", "NULL", "null", "None", r"\N", r"\n", r"\.", "\\", "\\\\",
    r"\x41", r"\u0041",
    '"', '""', 'a"b', '"quoted"', "'", "''", ",", "a,b", ",,", ";", "|",
    shown("\n", "a newline"), shown("a\nb", "a newline between letters"), shown("\r", "a carriage return"),
    shown("a\r\nb", "CR LF between letters"),
    shown('"\n"', "a newline in quotes"), shown("a\n\\.\nb", "an end-of-data mark on its own line"), shown("\t",
    "a tab"), shown("\ta\t", "a in tabs"),
    "!", "!infinity", "infinity", "NaN", "true", "0", "-0", "1e5", "00:00", "{}", "[1]", "{1,2}", "$1", "$$",
    "%s", "%", "{c}", "--", "/*",
    "é", shown("e\u0301", "e with a combining accent"), "ß", "İ", "😀", "👩‍👩‍👧", "𠜎", shown("\u202eabc",
    "right to left"),
    shown("\uffff", "U+FFFF"), shown("\ufffd", "U+FFFD"), shown("\ufeffa", "a byte order mark"),
    shown("\U0010ffff", "U+10FFFF"),
    shown("\u0001", "U+0001"), shown("\u001a", "U+001A"), shown("\u007f", "U+007F"), shown("\u0085", "U+0085"),
    shown("\u00a0", "a no-break space"), shown("\u2028", "U+2028"), shown("\u200b", "U+200B"),
    shown("x" * 70_000, "70,000 characters"),
)  # fmt: skip

TEXTS = [
    as_text("text", *_HOSTILE),
    as_text("varchar", shown("", "''"), " ", "NULL", r"\N", "a ", "é😀"),
    as_text("varchar(10)", shown("", "''"), "0123456789", "😀😀😀😀😀😀😀😀😀😀", "a ", " "),
    as_text("char(5)", shown("", "''"), "a", "ab ", "abcde", " a", "é", "😀", r"\N"),
    as_text("char(1)", shown("", "''"), "a", '"', "😀"),
    as_text('"char"', shown("", "''"), "a", '"', ",", "\\", shown("\n", "a newline"), shown("\\377", "byte 255")),
    as_text("name", shown("", "''"), "a", "a b", shown("n" * 63, "63 characters")),
    as_text('text COLLATE "C"', shown("", "''"), "a", "B", "é", title='text COLLATE "C"'),
    as_text("citext", shown("", "''"), "Abc", "aBC", "É", r"\N", extension="citext"),
    as_text("kinds.email", "a@b.example", "A@B.example", title="domain over text"),
    as_text("kinds.mood", "sad", "so so", "it's, \"fine\"", "happy 😀", shown("", "''"), title="enum"),
    as_text("kinds.good_mood", "happy 😀", title="domain over enum"),
    as_text("uuid", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "123E4567-E89B-12D3-A456-426614174000"),
]  # fmt: skip
