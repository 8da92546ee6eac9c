"""JSON, XML, full text, and types made of other types: composites, ranges, multiranges."""

from tests.system.types.forms import JSON
from tests.system.types.pg_type import PgType, as_text, edges, refused, shown

_NINES = "9" * 37
_DOCUMENTS = (
    "null", "true", "false", '""', '" "', '"text"', '"null"', "0", "-1", "1.5", "1.50", "0.1", "1e5", "1E-7",
    "-0.0", "[]", "{}", "[null]",
    '{"a": null}', "9007199254740993", "9223372036854775808", "0.30000000000000004", _NINES, "0." + _NINES[:-1],
    '[1, "1", true, null, [], {}]',
    '{"b": 1, "a": {"c": [1, 2, {"d": "e"}]}}', '{"": "", " ": " "}', r'"\"\\\/\b\f\n\r\t"', '"é😀"',
    r'"\ud83d\ude00"', r'"é"', r'"\\u0000"',
    r'"\\ud800"', '"\u2028\u007f"', '{"a.b": 1, "a\\"b": 2, "$": 3}', '["!", "\\\\N", "NULL", ","]',
    f'"{"9" * 50}"', f'{{"{"1" * 50}": 1}}',
    shown("[" * 100 + "]" * 100, "100 arrays deep"), shown('{"a":' * 100 + "1" + "}" * 100, "100 objects deep"),
)  # fmt: skip
_LONG_NUMBERS = refused(_NINES + "99", "[-" + "1" * 40 + "]", '{"a": 0.' + "1" * 40 + "}")

STRUCTURES = [
    PgType(
        "json", "VARIANT", JSON,
        edges(*_DOCUMENTS, shown(' {  "a" :\n1 } ', "blanks and a newline"), *_LONG_NUMBERS,
              *refused('{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}', r'"\u0000"', r'{"a\u0000": 1}',
              r'"\ud83d"', r'"\ude00"', r'"\ude00\ud83d"',
                       "1e400", "1e-400")),
    ),
    PgType("jsonb", "VARIANT", JSON, edges(*_DOCUMENTS, '{"a": 1, "a": 2}', "1e30", *_LONG_NUMBERS,
        *refused("1e400", "1e-400"))),
    PgType("kinds.settings", "VARIANT", JSON, edges("null", '{"a": 1}', *_LONG_NUMBERS[:1]),
        title="domain over jsonb"),
    as_text("xml", shown("", "''"), "<a/>", "<a b='1'>text &amp; more</a>", "a<b/>c", shown("<a>\n\t</a>",
        "newline and tab in an element")),
    as_text("jsonpath", "$", '$."a b"[*] ? (@ > 1)', "lax $.a", "strict $.a"),
    as_text("tsvector", shown("", "''"), "'a b':1A,2 'c'", r"'it''s' '\\'", "fat cat"),
    as_text("tsquery", shown("", "''"), "'fat' & !'rat'", "'a b' <-> 'c':*A"),
    as_text("hstore", shown("", "''"), "a=>1", 'a=>NULL, b=>""', r'"a b"=>"c\"d\\e,=>"', shown('"a"=>"x\ny"',
        "a newline"), "é=>😀", extension="hstore"),
    as_text("ltree", shown("", "''"), "a", "Top.Science.Astronomy", extension="ltree"),
    as_text("lquery", "*.Astronomy.*{1,2}", extension="ltree"),
    as_text("kinds.place", "(,,)", '(1,"",)', r'(-1,"a ""b"" \\ , (c)",infinity)', '(2," ",2024-02-29)',
        title="composite"),
    as_text("kinds.spot", "(1,a,)", title="domain over composite"),
    as_text("int4range", "empty", "(,)", "[1,5)", "[1,1]", "(,5]"),
    as_text("int8range", "[-9223372036854775808,9223372036854775807)"),
    as_text("numrange", "[1.50,2.5]", "(1e-20,)", "[NaN,NaN]"),
    as_text("daterange", "[2024-02-29,infinity]", "[0044-03-15 BC,)", "empty"),
    as_text("tsrange", "[2024-01-01 00:00,infinity)", '("2024-01-01 12:00:00.000001",)'),
    as_text("tstzrange", "[2024-01-01 00:00+02,2024-01-01 00:00+00)", "(,)"),
    as_text("kinds.text_range", '[" a","b,c")', r'["\\","é"]', "empty", title="range of text"),
    as_text("int4multirange", "{}", "{[1,3),[5,7)}", "{(,)}"),
    as_text("nummultirange", "{[1.50,2.5]}", "{}"),
    as_text("datemultirange", "{[2024-01-01,2024-02-01),[infinity,]}", "{}"),
    as_text("tstzmultirange", "{[2024-01-01 00:00+02,2024-01-01 00:00+00)}"),
    as_text("kinds.text_multirange", '{["a","b,c")}', title="multirange of text"),
]  # fmt: skip
