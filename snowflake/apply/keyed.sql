{#- A batch of a table with a key: each row replaces its older version in FINAL, and rows that a complete batch lacks are
    deleted. FINAL's keys are read twice: to classify the batch's rows, in a table of this session, and by the MERGE. -#}
{%- extends "apply/_frame.sql" -%}
{#- Its lowest and highest value in the batch tell which parts of FINAL need not be read. -#}
{%- set ranged = key | selectattr("not_null") | selectattr("rule.ordered") | first | default(none) -%}
{%- macro match(left, right) -%}
{%- for column in key -%}
{{ left }}.{{ column.identifier }} {{ "=" if column.not_null else "IS NOT DISTINCT FROM" }} {{ right }}.{{ column.identifier }}{{ " AND " if not loop.last }}
{%- endfor -%}
{%- endmacro -%}
{%- macro in_range() -%}
{% if ranged %}t.{{ ranged.identifier }} BETWEEN :first_key AND :last_key AND {% endif %}
{%- endmacro -%}

{%- block prepare %}
  {#- DDL would commit the transaction. #}
  CREATE OR REPLACE TEMPORARY TABLE {{ merging }} (
{%- for column in columns %}
    {{ column.identifier }} {{ column.target_type }},
{%- endfor %}
    "_VERSION" NUMBER(20, 0),
    "_FILE" VARCHAR,
    "_ROW" NUMBER(20, 0),
    "_RANK" NUMBER(20, 0),
    "_MERGED_AS" VARCHAR
  );
{%- endblock -%}

{%- block clear %}
    DROP TABLE IF EXISTS {{ merging }};
{%- endblock -%}

{#- A row that a snapshot finds unchanged is not written, and keeps its older version: whatever is older than that
    snapshot is outdated, and what was read while its slices were is refused. With a watermark a row past the fence is
    not outdated, so there every row is written. -#}
{%- macro classify(complete) %}
    INSERT INTO {{ merging }} ({{ list(columns) }}, "_VERSION", "_FILE", "_ROW", "_RANK", "_MERGED_AS")
    SELECT
{%- for column in columns %}
      {% if complete and column in key %}COALESCE(s.{{ column.identifier }}, t.{{ column.identifier }}){% else %}s.{{ column.identifier }}{% endif %},
{%- endfor %}
      s."_VERSION", s."_FILE", s."_ROW", s."_RANK",
      CASE
{%- if complete %}
        WHEN s."_FILE" IS NULL THEN 'MISSING'
{%- endif %}
{%- if watermark %}
        WHEN s."_MERGED_AS" = 'HELD' THEN 'HELD'
{%- endif %}
        WHEN s."_RANK" > 1 OR t."_VERSION" > s."_VERSION" OR ({% if watermark %}t."_VERSION" IS NULL AND {% endif %}{{ outdated("s.") }}) THEN 'DUPLICATE'
{%- if complete and not watermark %}
        WHEN s."_REJECTED" IS NULL AND t."_VERSION" IS NOT NULL{{ ' AND NOT t."IS_DELETED"' if soft_deletes }}
{%- for column in columns if column not in key %}
          AND {{ column.comparable("s." ~ column.identifier) }} IS NOT DISTINCT FROM {{ column.comparable("t." ~ column.identifier) }}
{%- endfor %} THEN 'UNCHANGED'
{%- endif %}
{%- if not watermark %}
        {#- guard: slice-of-another-time-overwritten #}
        WHEN COALESCE(t."_VERSION", -1) < s."_VERSION" AND s."_VERSION" < :last_slice THEN 'OVERLAPPING'{# end guard #}
{%- endif %}
        ELSE 'APPLIED'
      END
    FROM (
      SELECT {{ list(columns) }}, "_VERSION", "_FILE", "_ROW", "_REJECTED",{% if watermark %} IFF({{ past_fence }}, 'HELD', NULL) AS "_MERGED_AS",{% endif %}
        ROW_NUMBER() OVER (PARTITION BY {{ list(key) }}{{ ", " ~ past_fence if watermark }} ORDER BY "_VERSION" DESC, "_FILE" DESC, "_ROW" DESC) AS "_RANK"
      {{ rows }}
    ) s
    {{ "FULL OUTER" if complete else "LEFT" }} JOIN {{ final }} t ON {{ "" if complete else in_range() }}{{ match("t", "s") }}
{%- if complete %}
    WHERE s."_FILE" IS NOT NULL OR (t."_VERSION" < :version{{ ' AND NOT t."IS_DELETED"' if soft_deletes }}
      {#- guard: unchanged-row-deleted #} AND :version >= :newest_complete{# end guard #})
{%- endif %};
{%- endmacro -%}
{%- macro classified(as) -%}
(SELECT COUNT(*) FROM {{ merging }} WHERE "_MERGED_AS" = '{{ as }}')
{%- endmacro -%}

{%- block apply %}
{%- if ranged %}
  LET first_key {{ ranged.target_type }} := (SELECT MIN({{ ranged.identifier }}) {{ rows }});
  LET last_key {{ ranged.target_type }} := (SELECT MAX({{ ranged.identifier }}) {{ rows }});
{%- endif %}
{%- if not watermark %}
  LET last_slice NUMBER := (
    SELECT COALESCE(MAX(f."VERSION"), 0) FROM {{ control }}."BATCH_FILES" f
    WHERE f."BATCH_ID" IN (SELECT l."BATCH_ID" {{ merged_complete("l", "b") }} AND l."VERSION" <= :newest_complete AND {{ since_reset }})
  );
{%- endif %}
  IF (complete) THEN
    {{- classify(true) }}
  ELSE
    {{- classify(false) }}
  END IF;
  LET clashes NUMBER := (
    SELECT COUNT(*) FROM (
      SELECT {{ list(key) }} FROM {{ merging }} WHERE "_MERGED_AS" NOT IN ('HELD', 'MISSING')
      GROUP BY {{ list(key) }}, "_VERSION" HAVING COUNT(*) > 1
    )
  );
  {{- refuse_if("clashes > 0", "'DUPLICATE_KEYS'") }}
  LET duplicates NUMBER := {{ classified("DUPLICATE") }};
{%- if not watermark %}
  {#- One unchanged row is written all the same: without FINAL's lock another merge would not see this one. #}
  UPDATE {{ merging }} SET "_MERGED_AS" = 'APPLIED' WHERE "_MERGED_AS" = 'UNCHANGED'
    AND "_ROW" = (SELECT MIN("_ROW") FROM {{ merging }} WHERE "_MERGED_AS" = 'UNCHANGED');
{%- endif %}
  LET unchanged NUMBER := {{ classified("UNCHANGED") }};
  LET missing NUMBER := {{ classified("MISSING") }};
{%- if not watermark %}
  LET overlapping NUMBER := {{ classified("OVERLAPPING") }};
  {{- refuse_if("overlapping > 0 OR (missing > 0 AND version >= newest_complete AND version < last_slice)", "'OVERLAPPING'") }}
{%- endif %}
  LET living NUMBER := 0;
  IF (complete) THEN
    living := (SELECT COUNT(*) FROM {{ final }}{{ ' WHERE NOT "IS_DELETED"' if soft_deletes }});
  END IF;
  {{- refuse_mass_delete() }}
  LET highest VARCHAR := {% if watermark %}(SELECT {{ watermark.written("MAX(" ~ watermark.identifier ~ ")") }} FROM {{ merging }} WHERE "_MERGED_AS" = 'APPLIED'){% else %}NULL{% endif %};
  MERGE INTO {{ final }} t
  USING (SELECT {{ list(columns) }}, "_VERSION" FROM {{ merging }} WHERE "_RANK" = 1 AND "_MERGED_AS" IN ('APPLIED', 'DUPLICATE')) s
  ON {{ in_range() }}{{ match("t", "s") }}
  WHEN MATCHED{# guard: older-version-wins #} AND s."_VERSION" >= t."_VERSION"{# end guard #}
{%- if not watermark %}{# guard: unchanged-row-overwritten #} AND NOT ({{ outdated("s.") }}){# end guard #}{% endif %} THEN UPDATE SET
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
    VALUES ({{ list(columns, "s.") }}, s."_VERSION", CURRENT_TIMESTAMP(){{ ", FALSE" if soft_deletes }});
  LET applied NUMBER := SQLROWCOUNT;
  LET deleted NUMBER := 0;
  IF (missing > 0) THEN
{%- set missing %}m."_MERGED_AS" = 'MISSING' AND {{ match("t", "m") }} AND t."_VERSION" < :version{% endset %}
{%- if soft_deletes %}
    UPDATE {{ final }} t SET "IS_DELETED" = TRUE, "_DELETED_AT" = CURRENT_TIMESTAMP(), "_VERSION" = :version
    FROM {{ merging }} m WHERE {{ missing }};
{%- else %}
    DELETE FROM {{ final }} t USING {{ merging }} m WHERE {{ missing }};
{%- endif %}
    deleted := SQLROWCOUNT;
  END IF;
{%- endblock -%}

{%- block applied_rows %}(SELECT "_FILE", "_ROW" FROM {{ merging }} WHERE "_MERGED_AS" = 'APPLIED'){% endblock -%}
