{#- STAGING's rows by batch, each text cast to its column's type, with the names of columns that FINAL cannot hold. -#}
{#- The file lists the positions of values that it could not hold; a text that does not cast is refused, too. -#}
{%- macro refused(column) -%}
({%- if column.flagged -%}
COALESCE(CONTAINS(s."_REFUSED", ' {{ columns.index(column) + 1 }} '), FALSE){{ " OR " if column.casts }}
{%- endif -%}
{%- if column.casts -%}
(s.{{ column.identifier }} IS NOT NULL AND {{ column.cast("s." + column.identifier) }} IS NULL)
{%- endif -%})
{%- endmacro -%}
{%- macro any_refused(some) -%}
{%- for column in some if column.flagged or column.casts %}{{ refused(column) }} OR {% endfor %}FALSE
{%- endmacro -%}
CREATE OR REPLACE VIEW {{ typed }} COPY GRANTS COMMENT = {{ comment }} AS
SELECT
  f."BATCH_ID" AS "_BATCH_ID",
  f."VERSION" AS "_VERSION",
  s."_FILE",
  s."_ROW",
{%- for column in columns %}
{%- set value = column.cast("s." + column.identifier) %}
  {% if column.flagged %}IFF({{ refused(column) }}, NULL, {{ value }}){% else %}{{ value }}{% endif %} AS {{ column.identifier }},
{%- endfor %}
  NULLIF(CONCAT(''
{%- for column in columns if column.flagged or column.casts %},
    IFF({{ refused(column) }}, {{ literal(" " + column.identifier) }}, '')
{%- endfor %}), '') AS "_REJECTED",
  {{ any_refused(key or ([watermark] if watermark else [])) }} AS "_WITHHELD",
  {{ any_refused(columns | selectattr("unrepresentable", "equalto", "fail")) }} AS "_FATAL",
{%- set sizable = columns | selectattr("rule.sizable") | list %}
  {#- A VARIANT holds 16 MB, a character is up to 4 bytes; a row whose texts are longer together is found in its file. -#}
{%- if sizable %}
  IFF({% for column in sizable %}COALESCE(LENGTH(s.{{ column.identifier }}), 0){{ " + " if not loop.last }}{% endfor %} > 4000000, OBJECT_CONSTRUCT('_TOO_LONG', TRUE),
{%- endif %}
  OBJECT_CONSTRUCT_KEEP_NULL(
    '_REFUSED', s."_REFUSED"
{%- for column in columns %},
    {{ literal(column.target_name) }}, s.{{ column.identifier }}
{%- endfor %}
  ){{ ")" if sizable }} AS "_RAW"
FROM {{ staging }} s
{#- Two invocations at once may record a batch's files twice. #}
INNER JOIN (SELECT DISTINCT "BATCH_ID", "FILE_NAME", "VERSION", "SCHEMA_VERSION" FROM {{ database }}."CONTROL"."BATCH_FILES") f ON s."_FILE" = f."FILE_NAME"
WHERE {# guard: file-of-a-former-layout #}f."SCHEMA_VERSION" >= {{ since }}{# end guard #}
