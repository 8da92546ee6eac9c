{#- Applies one complete batch to FINAL, in one transaction with the ledger and the watermark.
    The rows are those of the batch's own files; a row is applied only where FINAL holds no newer version of it.
    What FINAL cannot hold of a row is NULL there, and the row is listed in quarantine; a row that could not be told from
    others without it (its key; its watermark, where there is no key) is only listed. -#}
{%- set control = database ~ '."CONTROL"' -%}
{%- set rows = 'FROM ' ~ typed ~ ' WHERE "_BATCH_ID" = :batch AND NOT "_WITHHELD"' -%}
{%- if watermark -%}
{%- set past_fence = 'COALESCE(' ~ watermark.identifier ~ ' >= ' ~ watermark.cast(":high") ~ ', FALSE)' -%}
{%- set rows = rows ~ ' AND NOT ' ~ past_fence -%}
{%- endif -%}
{#- A row that a newer complete batch lacked is deleted, and an older batch that still holds it must not bring it back.
    What lay past that batch's fence is new all the same. -#}
{%- macro outdated(prefix) -%}
{{ prefix }}"_VERSION" < :newest_complete{% if watermark %} AND COALESCE({{ prefix }}{{ watermark.identifier }} < {{ watermark.cast(":complete_high") }}, TRUE){% endif %}
{%- endmacro -%}
{%- macro merged_complete(l, b) -%}
FROM {{ control }}."LEDGER" {{ l }} INNER JOIN {{ control }}."BATCHES" {{ b }} ON {{ b }}."BATCH_ID" = {{ l }}."BATCH_ID" WHERE {{ l }}."TABLE_NAME" = {{ table_name }} AND {{ b }}."COMPLETE"
{%- endmacro -%}
{%- macro end_with(outcome) -%}
{%- if as_task %}
    outcome := {{ outcome }};
    CALL SYSTEM$SET_RETURN_VALUE(:outcome);
    RETURN outcome;
{%- else %}
    RETURN {{ outcome }};
{%- endif %}
{%- endmacro -%}
{%- macro refuse_if(condition, outcome) %}
  IF ({{ condition }}) THEN
    ROLLBACK;
    {{- end_with(outcome) }}
  END IF;
{%- endmacro -%}
{%- macro refuse_mass_delete() %}
  {{- refuse_if("missing >= " ~ guarded_rows ~ " AND missing * 100 > living * max_delete_percent", "'MASS_DELETE ' || :missing || ' ' || :living") }}
{%- endmacro -%}
{%- macro match(left, right) -%}
{%- for column in key -%}
{{ left }}.{{ column.identifier }} {{ "=" if column.not_null else "IS NOT DISTINCT FROM" }} {{ right }}.{{ column.identifier }}{{ " AND " if not loop.last }}
{%- endfor -%}
{%- endmacro -%}
{%- macro list(items) -%}
{%- for column in items %}{{ column.identifier }}{{ ", " if not loop.last }}{% endfor -%}
{%- endmacro -%}
EXECUTE IMMEDIATE $$
BEGIN
{%- if as_task %}
  LET outcome VARCHAR := '';
{%- endif %}
  LET batch VARCHAR := {{ batch }};
  LET version NUMBER := (SELECT "VERSION" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  IF (version IS NULL) THEN
    {{- end_with("'NO_BATCH'") }}
  END IF;
  LET exported NUMBER := (SELECT "EXPORTED" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  LET complete BOOLEAN := (SELECT "COMPLETE" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  LET reset BOOLEAN := (SELECT "RESET" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  LET max_delete_percent NUMBER := (SELECT "MAX_DELETE_PERCENT" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  LET replay BOOLEAN := (SELECT "REPLAY" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  LET high VARCHAR := (SELECT "HIGH" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  BEGIN TRANSACTION;
  LET merged_before NUMBER := (SELECT COUNT(*) FROM {{ control }}."LEDGER" WHERE "TABLE_NAME" = {{ table_name }});
  LET recorded NUMBER := (SELECT COUNT(*) FROM {{ control }}."LEDGER" WHERE "BATCH_ID" = :batch);
  {{- refuse_if("recorded > 0", "'ALREADY_MERGED'") }}
  LET loaded NUMBER := (SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch);
  {{- refuse_if("loaded <> exported", "'PARTIAL_LOAD'") }}
{%- if columns | selectattr("unrepresentable", "equalto", "fail") | list %}
  LET fatal NUMBER := (SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch AND "_FATAL");
  {{- refuse_if("fatal > 0", "'UNREPRESENTABLE ' || :fatal") }}
{%- endif %}
  LET held NUMBER := {% if watermark %}(SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch AND NOT "_WITHHELD" AND {{ past_fence }}){% else %}0{% endif %};
{%- if key %}
  LET clashes NUMBER := (SELECT COUNT(*) FROM (SELECT {{ list(key) }} {{ rows }} GROUP BY {{ list(key) }}, "_VERSION" HAVING COUNT(*) > 1));
  {{- refuse_if("clashes > 0", "'DUPLICATE_KEYS'") }}
{%- endif %}
  UPDATE {{ final }} SET "_VERSION" = :version - 1 WHERE :reset AND "_VERSION" >= :version;
  LET newest_complete NUMBER := (
    SELECT COALESCE(MAX(l."VERSION"), 0) {{ merged_complete("l", "b") }} AND NOT :reset
      AND l."MERGED_AT" >= COALESCE((SELECT MAX(k."MERGED_AT") {{ merged_complete("k", "c") }} AND c."RESET"), l."MERGED_AT")
  );
{%- if watermark %}
  LET complete_high VARCHAR := (SELECT MAX(b."HIGH") {{ merged_complete("l", "b") }} AND l."VERSION" = :newest_complete);
{%- endif %}
{%- if key %}
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
  WHEN MATCHED AND s."_VERSION" >= t."_VERSION" THEN UPDATE SET
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
{%- set is_applied %}{{ match("t", "s") }} AND t."_VERSION" = s."_VERSION"{% endset %}
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
{%- else %}
  LET newer NUMBER := (SELECT COUNT(*) FROM {{ final }} WHERE :complete AND "_VERSION" > :version);
{%- set replaced %}:complete AND :newer = 0 AND "_VERSION" <= :version{% endset %}
  LET living NUMBER := (SELECT COUNT(*) FROM {{ final }} WHERE {{ replaced }});
  LET missing NUMBER := living - loaded;
  {{- refuse_mass_delete() }}
  DELETE FROM {{ final }} WHERE {{ replaced }};
{%- set fresh %}:newer = 0 AND NOT ({{ outdated("") }}){% if watermark %} AND (:replay OR COALESCE({{ watermark.identifier }} > (SELECT MAX(f.{{ watermark.identifier }}) FROM {{ final }} f), TRUE)){% endif %}{% endset %}
  LET duplicates NUMBER := (SELECT COUNT_IF(NOT ({{ fresh }})) {{ rows }});
  MERGE INTO {{ final }} t
  USING (SELECT {{ list(columns) }}, "_VERSION", "_FILE", "_ROW" {{ rows }} AND {{ fresh }}) s
  ON t."_FILE" = s."_FILE" AND t."_ROW" = s."_ROW"
  WHEN MATCHED AND :replay THEN UPDATE SET
{%- for column in columns %}
    t.{{ column.identifier }} = s.{{ column.identifier }},
{%- endfor %}
    t."_SYNCED_AT" = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN INSERT ({{ list(columns) }}, "_VERSION", "_SYNCED_AT", "_FILE", "_ROW")
    VALUES ({% for column in columns %}s.{{ column.identifier }}, {% endfor %}s."_VERSION", CURRENT_TIMESTAMP(), s."_FILE", s."_ROW");
  LET applied NUMBER := SQLROWCOUNT;
  LET deleted NUMBER := 0;
{%- set is_applied %}t."_FILE" = s."_FILE" AND t."_ROW" = s."_ROW"{% endset %}
{%- endif %}
  IF (replay) THEN
    DELETE FROM {{ control }}."QUARANTINE" WHERE "TABLE_NAME" = {{ table_name }}
      AND ("FILE_NAME", "ROW_NUMBER") IN (SELECT s."_FILE", s."_ROW" FROM {{ typed }} s WHERE s."_BATCH_ID" = :batch);
  END IF;
{#- A refused file's rows are read again by the next batch, every row by a complete one. -#}
{%- set settled %}"TABLE_NAME" = {{ table_name }} AND (("RAW" IS NULL AND NOT :replay) OR (:complete AND "VERSION" <= :version)){% endset %}
  LET settled NUMBER := (SELECT COUNT(*) FROM {{ control }}."QUARANTINE" WHERE {{ settled }});
  IF (settled > 0) THEN
    DELETE FROM {{ control }}."QUARANTINE" WHERE {{ settled }};
  END IF;
  LET withheld NUMBER := (SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch AND "_WITHHELD");
  {{ insert_quarantine }}
    SELECT s."_BATCH_ID", {{ table_name }}, s."_FILE", s."_ROW", s."_VERSION", 'cannot be held:' || s."_REJECTED", s."_RAW", CURRENT_TIMESTAMP()
    FROM {{ typed }} s WHERE s."_BATCH_ID" = :batch AND s."_REJECTED" IS NOT NULL
      AND (s."_WITHHELD" OR EXISTS (SELECT 1 FROM {{ final }} t WHERE {{ is_applied }}));
  LET quarantined NUMBER := SQLROWCOUNT;
  LET merged NUMBER := applied - (quarantined - withheld);
  {{ insert_ledger }}
    SELECT "BATCH_ID", {{ table_name }}, :exported, :loaded, :merged, :duplicates, :quarantined, :held, :deleted, :version, "WATERMARK", CURRENT_TIMESTAMP()
    FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch;
  DELETE FROM {{ staging }} WHERE "_FILE" IN (SELECT "FILE_NAME" FROM {{ control }}."BATCH_FILES" WHERE "BATCH_ID" = :batch);
  LET merged_after NUMBER := (SELECT COUNT(*) FROM {{ control }}."LEDGER" WHERE "TABLE_NAME" = {{ table_name }});
  {{- refuse_if("merged_after <> merged_before + 1", "'CONCURRENT'") }}
  COMMIT;
  {{- end_with("'MERGED'") }}
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
