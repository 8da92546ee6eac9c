{#- Counts, of a few of Aurora's rows, those that FINAL lacks and, column by column, those that differ. -#}
{%- macro given(column) -%}
{{ column.cast("COLUMN" ~ (columns.index(column) + 1) ~ "::VARCHAR") }}
{%- endmacro -%}
{#- FINAL's rows are found by literals, which tell the parts that need not be read. -#}
{%- set ranged = match_on | selectattr("not_null") | selectattr("rule.ordered") | first | default(none) -%}
WITH given AS (
  SELECT
{%- for column in columns %}
    {{ given(column) }} AS {{ column.identifier }}{{ "," if not loop.last }}
{%- endfor %}
  FROM VALUES
{%- for row in rows %}
    ({{ row | join(", ") }}){{ "," if not loop.last }}
{%- endfor %}
  WHERE TRUE
{%- for column in columns if column.casts %}
    AND (COLUMN{{ columns.index(column) + 1 }} IS NULL OR {{ given(column) }} IS NOT NULL)
{%- endfor %}
)
SELECT
  COUNT(*) AS "SAMPLED",
  COUNT_IF(t."_VERSION" IS NULL) AS "MISSING"
{%- for column in columns if column not in match_on %},
  COUNT_IF(t."_VERSION" IS NOT NULL AND s.{{ column.identifier }} IS DISTINCT FROM t.{{ column.identifier }}) AS "{{ columns.index(column) }}"
{%- endfor %}
FROM given s
LEFT JOIN {{ final }} t ON
{%- for column in match_on %}
  s.{{ column.identifier }} {{ "=" if column.not_null else "IS NOT DISTINCT FROM" }} t.{{ column.identifier }} AND
{%- endfor %}
{%- if ranged %}
  t.{{ ranged.identifier }} IN ({% for row in rows %}{{ ranged.cast(row[columns.index(ranged)]) }}{{ ", " if not loop.last }}{% endfor %}) AND
{%- endif %}
  {#- A snapshot leaves rows of older versions as they are where nothing changed, and so does a batch without a key. #}
  {% if watermark and key %}t."_VERSION" >= {{ oldest }}{% else %}TRUE{% endif %}
WHERE t."_VERSION" IS NULL OR t."_VERSION" <= {{ newest }}
