{#- Applies one complete batch to FINAL, in one transaction with the ledger and the watermark.
    The rows are those of the batch's own files; a row is applied only where FINAL holds no newer version of it. -#}
{%- set control = database ~ '."CONTROL"' -%}
{%- set rows = 'FROM ' ~ typed ~ ' WHERE "_BATCH_ID" = :batch AND "_REJECTED" IS NULL' -%}
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
{%- macro refuse_mass_delete() %}
  IF (missing >= {{ guarded_rows }} AND missing * 100 > living * max_delete_percent) THEN
    ROLLBACK;
    RETURN 'MASS_DELETE ' || :missing || ' ' || :living;
  END IF;
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
  LET batch VARCHAR := {{ batch }};
  LET version NUMBER := (SELECT "VERSION" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  IF (version IS NULL) THEN
    RETURN 'NO_BATCH';
  END IF;
  LET exported NUMBER := (SELECT "EXPORTED" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  LET complete BOOLEAN := (SELECT "COMPLETE" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  LET reset BOOLEAN := (SELECT "RESET" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  LET max_delete_percent NUMBER := (SELECT "MAX_DELETE_PERCENT" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  LET high VARCHAR := (SELECT "HIGH" FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  BEGIN TRANSACTION;
  LET merged_before NUMBER := (SELECT COUNT(*) FROM {{ control }}."LEDGER" WHERE "TABLE_NAME" = {{ table_name }});
  LET recorded NUMBER := (SELECT COUNT(*) FROM {{ control }}."LEDGER" WHERE "BATCH_ID" = :batch);
  IF (recorded > 0) THEN
    ROLLBACK;
    RETURN 'ALREADY_MERGED';
  END IF;
  LET loaded NUMBER := (SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch);
  IF (loaded <> exported) THEN
    ROLLBACK;
    RETURN 'PARTIAL_LOAD';
  END IF;
  LET held NUMBER := {% if watermark %}(SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch AND "_REJECTED" IS NULL AND {{ past_fence }}){% else %}0{% endif %};
{%- if key %}
  LET clashes NUMBER := (SELECT COUNT(*) FROM (SELECT {{ list(key) }} {{ rows }} GROUP BY {{ list(key) }}, "_VERSION" HAVING COUNT(*) > 1));
  IF (clashes > 0) THEN
    ROLLBACK;
    RETURN 'DUPLICATE_KEYS';
  END IF;
{%- endif %}
  INSERT INTO {{ control }}."QUARANTINE"
    SELECT "_BATCH_ID", {{ table_name }}, "_FILE", "_ROW", 'does not cast: ' || "_REJECTED", "_RAW", CURRENT_TIMESTAMP()
    FROM {{ typed }} WHERE "_BATCH_ID" = :batch AND "_REJECTED" IS NOT NULL;
  LET quarantined NUMBER := SQLROWCOUNT;
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
  LET merged NUMBER := SQLROWCOUNT;
{%- set missing %}"_VERSION" < :version
    AND NOT EXISTS (SELECT 1 FROM {{ typed }} s WHERE s."_BATCH_ID" = :batch AND {{ match("s", "t") }}){% endset %}
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
{%- set replaced %}:complete AND :newer = 0 AND "_VERSION" < :version{% endset %}
  LET living NUMBER := (SELECT COUNT(*) FROM {{ final }} WHERE {{ replaced }});
  LET missing NUMBER := living - loaded;
  {{- refuse_mass_delete() }}
  DELETE FROM {{ final }} WHERE {{ replaced }};
{%- set fresh %}:newer = 0 AND NOT ({{ outdated("") }}){% if watermark %} AND COALESCE({{ watermark.identifier }} > (SELECT MAX(f.{{ watermark.identifier }}) FROM {{ final }} f), TRUE){% endif %}{% endset %}
  LET duplicates NUMBER := (SELECT COUNT_IF(NOT ({{ fresh }})) {{ rows }});
  MERGE INTO {{ final }} t
  USING (SELECT {{ list(columns) }}, "_VERSION", "_FILE", "_ROW" {{ rows }} AND {{ fresh }}) s
  ON t."_FILE" = s."_FILE" AND t."_ROW" = s."_ROW"
  WHEN NOT MATCHED THEN INSERT ({{ list(columns) }}, "_VERSION", "_SYNCED_AT", "_FILE", "_ROW")
    VALUES ({% for column in columns %}s.{{ column.identifier }}, {% endfor %}s."_VERSION", CURRENT_TIMESTAMP(), s."_FILE", s."_ROW");
  LET merged NUMBER := SQLROWCOUNT;
  LET deleted NUMBER := 0;
{%- endif %}
  INSERT INTO {{ control }}."LEDGER"
    SELECT "BATCH_ID", {{ table_name }}, :exported, :loaded, :merged, :duplicates, :quarantined, :held, :deleted, :version, "WATERMARK", CURRENT_TIMESTAMP()
    FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch;
  DELETE FROM {{ staging }} WHERE "_FILE" IN (SELECT "FILE_NAME" FROM {{ control }}."BATCH_FILES" WHERE "BATCH_ID" = :batch);
  LET merged_after NUMBER := (SELECT COUNT(*) FROM {{ control }}."LEDGER" WHERE "TABLE_NAME" = {{ table_name }});
  IF (merged_after <> merged_before + 1) THEN
    ROLLBACK;
    RETURN 'CONCURRENT';
  END IF;
  COMMIT;
  RETURN 'MERGED';
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
