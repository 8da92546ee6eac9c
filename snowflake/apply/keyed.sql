{#- A batch of a table with a key: each row replaces its older version in FINAL, and rows that a complete batch lacks are
    deleted. -#}
{%- extends "apply/_frame.sql" -%}
{%- macro match(left, right) -%}
{%- for column in key -%}
{{ left }}.{{ column.identifier }} {{ "=" if column.not_null else "IS NOT DISTINCT FROM" }} {{ right }}.{{ column.identifier }}{{ " AND " if not loop.last }}
{%- endfor -%}
{%- endmacro -%}

{%- block refusals %}
  LET clashes NUMBER := (SELECT COUNT(*) FROM (SELECT {{ list(key) }} {{ rows }} GROUP BY {{ list(key) }}, "_VERSION" HAVING COUNT(*) > 1));
  {{- refuse_if("clashes > 0", "'DUPLICATE_KEYS'") }}
{%- endblock -%}

{%- block apply %}
  LET duplicates NUMBER := (
    SELECT COUNT_IF(s."_RANK" > 1 OR t."_VERSION" > s."_VERSION" OR (t."_VERSION" IS NULL AND {{ outdated("s.") }}))
    FROM (
      SELECT {{ list(key) }}, "_VERSION",{% if watermark and watermark not in key %} {{ watermark.identifier }},{% endif %}
        ROW_NUMBER() OVER (PARTITION BY {{ list(key) }} ORDER BY "_VERSION" DESC, "_FILE" DESC, "_ROW" DESC) AS "_RANK"
      {{ rows }}
    ) s
    LEFT JOIN {{ final }} t ON {{ match("t", "s") }}
  );
  LET living NUMBER := (SELECT COUNT(*) FROM {{ final }} WHERE :complete{{ ' AND NOT "IS_DELETED"' if soft_deletes }});
  MERGE INTO {{ final }} t
  USING (
    SELECT {{ list(columns) }}, "_VERSION" {{ rows }}
    QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ list(key) }} ORDER BY "_VERSION" DESC, "_FILE" DESC, "_ROW" DESC) = 1
  ) s
  ON {{ match("t", "s") }}
  WHEN MATCHED{# guard: older-version-wins #} AND s."_VERSION" >= t."_VERSION"{# end guard #} THEN UPDATE SET
{%- for column in columns if column not in key %}
    t.{{ column.identifier }} = s.{{ column.identifier }},
{%- endfor %}
{%- if soft_deletes %}
    t."IS_DELETED" = FALSE,
    t."_DELETED_AT" = NULL,
{%- endif %}
    t."_VERSION" = s."_VERSION",
    t."_SYNCED_AT" = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED AND NOT ({{ outdated("s.") }}) THEN INSERT ({{ list(columns) }}, "_VERSION", "_SYNCED_AT"{{ ', "IS_DELETED"' if soft_deletes }})
    VALUES ({% for column in columns %}s.{{ column.identifier }}, {% endfor %}s."_VERSION", CURRENT_TIMESTAMP(){{ ", FALSE" if soft_deletes }});
  LET applied NUMBER := SQLROWCOUNT;
{%- set missing %}"_VERSION" < :version
    AND NOT EXISTS (SELECT 1 FROM {{ typed }} s WHERE s."_BATCH_ID" = :batch AND NOT s."_WITHHELD" AND {{ match("s", "t") }}){% endset %}
  LET missing NUMBER := (SELECT COUNT(*) FROM {{ final }} t WHERE :complete AND {{ "NOT t.\"IS_DELETED\" AND " if soft_deletes }}t.{{ missing }});
  {{- refuse_mass_delete() }}
{%- if soft_deletes %}
  UPDATE {{ final }} t SET "IS_DELETED" = TRUE, "_DELETED_AT" = CURRENT_TIMESTAMP(), "_VERSION" = :version
  WHERE :complete AND NOT t."IS_DELETED" AND t.{{ missing }};
{%- else %}
  DELETE FROM {{ final }} t
  WHERE :complete AND t.{{ missing }};
{%- endif %}
  LET deleted NUMBER := SQLROWCOUNT;
{%- endblock -%}

{%- block is_applied %}{{ match("t", "s") }} AND t."_VERSION" = s."_VERSION"{% endblock -%}
