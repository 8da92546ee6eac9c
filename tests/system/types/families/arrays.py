"""Arrays of everything: empty, with NULLs, nested, with bounds that JSON has no place for."""

from tests.system.types.arrays import array_of
from tests.system.types.forms import BOOLEAN, DATE, DOUBLE, JSON_NUMBER, REAL, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, Form
from tests.system.types.pg_type import Edge, PgType, as_text, edges, refused


def _array(declared: str, element: Form, *values: str | Edge, **more: str) -> PgType:
    return PgType(declared, "VARIANT", array_of(element), edges("{}", "{NULL}", *values), **more)  # type: ignore[arg-type]


_TEXTS = r'{"",NULL,"NULL","null"," ","a b","a,b","a\"b","{}","\\N","\\","é😀","!"}'

ARRAYS = [
    _array("smallint[]", JSON_NUMBER, "{1,-32768,NULL}", "{{1,2},{3,4}}", *refused("[0:1]={1,2}")),
    _array("integer[]", JSON_NUMBER, "{0}", "{2147483647,-2147483648,NULL}", "{{1,2},{3,NULL}}",
        "{{{1},{2}},{{3},{4}}}",
           *refused("[0:1]={1,2}", "[2:3]={1,2}", "[1:1][0:1]={{1,2}}", "[-1:0]={NULL,1}")),
    _array("integer[3]", JSON_NUMBER, "{1,2,3,4}"),
    _array("bigint[]", JSON_NUMBER, "{9223372036854775807,9007199254740993}", "{{{{{{1}}}}}}"),
    _array("numeric[]", JSON_NUMBER, "{1.50,0.1,-1e-20}", "{" + "9" * 37 + "}", "{NaN}",
           *refused("{1," + "9" * 39 + "}", "{0." + "1" * 40 + "}", "[0:0]={1}")),
    _array("numeric(5,2)[]", JSON_NUMBER, "{1.50,-999.99,NULL}"),
    _array("real[]", REAL, "{0.1,1e-45,3.4028235e38}", "{NaN,Infinity,-Infinity}"),
    _array("double precision[]", DOUBLE, "{0.1,0.30000000000000004,1e22,-0}", "{NaN,Infinity,-Infinity}",
           *refused("{1.7976931348623157e308}", "{1.2345678901234567e-7}", "{5e-324}")),
    _array("boolean[]", BOOLEAN, "{t,f,NULL}"),
    _array("text[]", TEXT, _TEXTS, '{{"a","b"},{"c",NULL}}', '{"a\nb","\t"}', *refused('[0:0]={"a"}')),
    _array("varchar(3)[]", TEXT, '{"","abc",NULL}'),
    _array("char(3)[]", TEXT, '{"","a","abc"}'),
    _array('"char"[]', TEXT, '{"a","\\\\"}'),
    _array("name[]", TEXT, '{"a","a b"}'),
    _array("citext[]", TEXT, '{"Abc","aBC",""}', extension="citext"),
    _array("bytea[]", TEXT, r'{"\\x","\\x00ff5c",NULL}'),
    _array("uuid[]", TEXT, "{123e4567-e89b-12d3-a456-426614174000}"),
    _array("date[]", DATE, "{2024-02-29,infinity,-infinity}", '{"0044-03-15 BC",10000-01-01}'),
    _array("time[]", TIME, "{00:00,24:00,12:34:56.123456}"),
    _array("timetz[]", TEXT, "{12:34:56.123456+05:30}"),
    _array("timestamp[]", TIMESTAMP,
        '{"2024-02-29 12:34:56.123456",infinity,"0044-03-15 00:00 BC","10000-01-01 00:00"}'),
    _array("timestamptz[]", TIMESTAMPTZ,
        '{"2024-02-29 12:34:56.123456+05:30",-infinity,"0044-03-15 00:00+00 BC","10000-01-01 00:00+00"}'),
    _array("interval[]", TEXT, '{"1 mon","30 days","-1 day +00:00:01"}'),
    _array("kinds.mood[]", TEXT, '{sad,"so so",NULL}', title="enum[]"),
    _array("inet[]", TEXT, "{10.0.0.1,10.0.0.0/8}"),
    _array("int4range[]", TEXT, '{"[1,5)",empty}'),
    _array("money[]", TEXT, '{"$1,234.56"}'),
    _array("bit(3)[]", TEXT, "{101,NULL}"),
    _array("point[]", TEXT, '{"(1,2)","(0.1,-0)"}'),
    PgType("box[]", "VARIANT", array_of(TEXT, ";"), edges("{}", "{(1,2),(3,4);NULL}")),
    _array("oid[]", TEXT, "{4294967295}"),
    as_text("json[]", "{}", "{NULL,\"null\"}", r'{"{\"a\": 1, \"a\": 2}"}', "[0:0]={1}"),
    as_text("jsonb[]", "{}", "{NULL,\"null\"}", r'{"{\"a\": 1e30}"}'),
    as_text("hstore[]", "{}", r'{"\"a\"=>NULL",NULL}', extension="hstore"),
    as_text("kinds.place[]", "{}", r'{"(1,\"a b\",)",NULL}', title="composite[]"),
    as_text("kinds.price[]", "{1.50,NaN,NULL}", title="domain[]"),
    _array("kinds.tags", JSON_NUMBER, "{1,2}", *refused("[0:0]={1}"), title="domain over integer[]"),
]  # fmt: skip
