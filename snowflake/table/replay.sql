{#- Puts a table's quarantined rows back into STAGING and records them as one batch, in one transaction. -#}
{%- set quarantine = database ~ '."CONTROL"."QUARANTINE"' -%}
{%- set ledger = database ~ '."CONTROL"."LEDGER"' -%}
{%- set batches = database ~ '."CONTROL"."BATCHES"' -%}
{%- set rows -%}
"TABLE_NAME" = {{ table_name }} AND "RAW" IS NOT NULL
{%- endset -%}
{%- set open -%}
{{ rows }} AND "RAW"['_TOO_LONG'] IS NULL
{%- endset -%}
{%- macro raw(column, alias="") -%}
{{ alias }}"RAW"[{{ literal(column.target_name) }}]::VARCHAR
{%- endmacro -%}
{#- A replay lists rows that FINAL still cannot hold again as the newest, so that the next one takes others. -#}
{%- set chosen -%}
(SELECT * FROM {{ quarantine }} WHERE {{ open }} QUALIFY ROW_NUMBER() OVER (ORDER BY "QUARANTINED_AT", "FILE_NAME", "ROW_NUMBER") <= {{ most_rows }})
{%- endset -%}
{%- set restores -%}
FROM {{ ledger }} l INNER JOIN {{ batches }} b ON b."BATCH_ID" = l."BATCH_ID" WHERE l."TABLE_NAME" = {{ table_name }} AND b."RESET"
{%- endset -%}
EXECUTE IMMEDIATE $$
BEGIN
  BEGIN TRANSACTION;
  {#- Changes no value, but makes another replay of the table wait, which then makes the same batch. #}
  UPDATE {{ quarantine }} SET "BATCH_ID" = "BATCH_ID" WHERE {{ rows }};
  {#- Versions from before a restore cannot be compared with those after it, which began with a reload. #}
  DELETE FROM {{ quarantine }} WHERE {{ rows }}{# guard: row-of-before-a-restore-replayed #}
    AND "QUARANTINED_AT" < (SELECT MAX(l."MERGED_AT") {{ restores }})
    AND "BATCH_ID" <> (SELECT MAX_BY(l."BATCH_ID", l."MERGED_AT") {{ restores }}){# end guard #};
  LET void NUMBER := SQLROWCOUNT;
{#- guard: replayed-row-past-the-fence #}
{%- if watermark %}
  {#- A row past its batch's fence is read again; replayed, it would raise FINAL's watermark past rows not yet read. #}
  DELETE FROM {{ quarantine }} q USING {{ batches }} b
    WHERE q."TABLE_NAME" = {{ table_name }} AND q."RAW" IS NOT NULL AND b."BATCH_ID" = q."BATCH_ID"
      AND {{ watermark.cast(raw(watermark, "q.")) }} >= {{ watermark.cast('b."HIGH"') }};
  void := void + SQLROWCOUNT;
{%- endif %}{# end guard #}
{#- guard: state-replayed-twice #}
{%- if key %}
  {#- Overlapping batches list the same version of a row twice; one batch may have each key once only. #}
  DELETE FROM {{ quarantine }} WHERE {{ open }} AND ("FILE_NAME", "ROW_NUMBER") IN (
    SELECT "FILE_NAME", "ROW_NUMBER" FROM {{ quarantine }} WHERE {{ open }}
    QUALIFY DENSE_RANK() OVER (PARTITION BY "VERSION"{% for column in key %}, {{ raw(column) }}{% endfor %} ORDER BY "FILE_NAME") > 1
  );
  void := void + SQLROWCOUNT;
{%- endif %}{# end guard #}
  {#- guard: row-staged-by-two-replays #}
  DELETE FROM {{ staging }} WHERE "_FILE" IN (SELECT "FILE_NAME" FROM {{ quarantine }} WHERE {{ open }});{# end guard #}
  INSERT INTO {{ staging }} ("_REFUSED", {% for column in columns %}{{ column.identifier }}, {% endfor %}"_FILE", "_ROW", "_SCANNED_AT")
    SELECT
      NULLIF(CONCAT(''
{#- guard: refused-value-held-because-it-casts #}
{%- for column in columns if column.flagged and column.target_type in ("VARIANT", "BINARY", "VARCHAR") %},
        IFF(CONTAINS("REASON" || ' ', {{ literal(" " ~ column.identifier ~ " ") }})
          {%- if column.target_type == "VARCHAR" %} AND LENGTH({{ raw(column) }}) = {{ shortened }}{% endif %}, ' {{ columns.index(column) + 1 }} ', '')
{%- endfor %}{# end guard #}), ''),
{%- for column in columns %}
      {{ raw(column) }},
{%- endfor %}
      "FILE_NAME", "ROW_NUMBER", CURRENT_TIMESTAMP()
    FROM {{ chosen }};
  LET restaged NUMBER := SQLROWCOUNT;
  LET waiting NUMBER := (SELECT COUNT(*) FROM {{ quarantine }} WHERE {{ open }}) - restaged;
  LET too_long NUMBER := (SELECT COUNT(*) FROM {{ quarantine }} WHERE {{ rows }} AND "RAW"['_TOO_LONG'] IS NOT NULL);
  LET newest VARCHAR := (SELECT COALESCE(MAX_BY("BATCH_ID", "MERGED_AT"), '') FROM {{ ledger }} WHERE "TABLE_NAME" = {{ table_name }});
  LET batch VARCHAR := (
    SELECT 'replay-' || MD5({{ table_name }} || '/{{ schema_version }}/' || :newest || '/' || COUNT(*)::VARCHAR || '/' || HASH_AGG("FILE_NAME", "ROW_NUMBER")::VARCHAR)
    FROM {{ chosen }}
  );
  LET recorded NUMBER := (SELECT COUNT(*) FROM {{ batches }} WHERE "BATCH_ID" = :batch);
  IF (restaged > 0 AND recorded = 0) THEN
    {{ insert_files }}
      SELECT DISTINCT :batch, "FILE_NAME", "VERSION", {{ schema_version }} FROM {{ chosen }};
    {#- With the last batch's watermark, so that the next run starts where it would without this one. #}
    {{ insert_batch }}
      SELECT :batch, {{ table_name }}, {{ execution }}, FALSE, 0, FALSE, {# guard: replay-taken-for-a-run #}TRUE{# end guard #}, NULL,
        {# guard: rows-skipped-after-a-replay #}(SELECT "WATERMARK" FROM {{ ledger }} WHERE "BATCH_ID" = :newest){# end guard #}, (SELECT MIN("VERSION") FROM {{ chosen }}), :restaged, CURRENT_TIMESTAMP();
  END IF;
  COMMIT;
  RETURN TO_JSON(OBJECT_CONSTRUCT('batch', :batch, 'rows', :restaged, 'waiting', :waiting, 'void', :void, 'too_long', :too_long));
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
