{#- Counts, of a few of Aurora's rows, those that FINAL lacks and, column by column, those that differ. -#}
{%- macro comparable(alias, column) -%}
{{ column.comparable(alias ~ "." ~ column.identifier) }}
{%- endmacro -%}
WITH given AS (
  SELECT
{%- for column in columns %}
    {{ column.cast("COLUMN" ~ loop.index) }} AS {{ column.identifier }}{{ "," if not loop.last }}
{%- endfor %}
  FROM VALUES
{%- for row in rows %}
    ({{ row | join(", ") }}){{ "," if not loop.last }}
{%- endfor %}
  WHERE TRUE
{%- for column in columns if column.casts %}
    AND (COLUMN{{ columns.index(column) + 1 }} IS NULL OR {{ column.cast("COLUMN" ~ (columns.index(column) + 1)) }} IS NOT NULL)
{%- endfor %}
)
SELECT
  COUNT(*) AS "SAMPLED",
  COUNT_IF(t."_VERSION" IS NULL) AS "MISSING"
{%- for column in columns if column not in match_on %},
  COUNT_IF(t."_VERSION" IS NOT NULL AND {{ comparable("s", column) }} IS DISTINCT FROM {{ comparable("t", column) }}) AS "{{ columns.index(column) }}"
{%- endfor %}
FROM given s
LEFT JOIN {{ final }} t ON
{%- for column in match_on %}
  {{ comparable("s", column) }} IS NOT DISTINCT FROM {{ comparable("t", column) }}{{ " AND" if not loop.last }}
{%- endfor %}
WHERE t."_VERSION" IS NULL OR t."_VERSION" <= {{ version }}
