{#- Applies one batch to FINAL, in one transaction with the ledger and the watermark.
    keyed.sql and keyless.sql fill its blocks: `prepare` makes what must be there before the transaction; `apply` changes
    FINAL and sets the numbers applied, unchanged, duplicates and deleted and the highest watermark; `applied_rows` are
    the rows of the batch (by file and row) that FINAL has.
    The rows are those of the batch's own files; a row is applied only where FINAL holds no newer version of it.
    A value that FINAL cannot hold is NULL there, and its row is listed in quarantine; a row whose key (or watermark, in
    a table without a key) FINAL cannot hold is only listed. -#}
{%- set control = database ~ '."CONTROL"' -%}
{%- set batch_rows = 'FROM ' ~ typed ~ ' WHERE "_BATCH_ID" = :batch' -%}
{%- set rows = batch_rows -%}
{# guard: row-with-an-unrepresentable-key #}{%- set rows = rows ~ ' AND NOT "_WITHHELD"' -%}{# end guard #}
{%- set past_fence = "FALSE" -%}
{%- if watermark -%}
{# guard: row-past-the-fence #}{%- set past_fence = 'COALESCE(' ~ watermark.identifier ~ ' >= :high, FALSE)' -%}{# end guard #}
{%- endif -%}
{#- A row that a newer complete batch lacked is deleted, and an older batch that still has it must not restore it. Rows
    past that batch's fence are new. -#}
{%- macro outdated(prefix) -%}
{# guard: deleted-row-comes-back #}{{ prefix }}"_VERSION" < :newest_complete{# end guard #}
{#- guard: new-row-taken-for-deleted #}{% if watermark %} AND COALESCE({{ prefix }}{{ watermark.identifier }} < :complete_high, TRUE){% endif %}{# end guard #}
{%- endmacro -%}
{%- macro merged_complete(l, b) -%}
FROM {{ control }}."LEDGER" {{ l }} INNER JOIN {{ control }}."BATCHES" {{ b }} ON {{ b }}."BATCH_ID" = {{ l }}."BATCH_ID" WHERE {{ l }}."TABLE_NAME" = {{ table_name }} AND {{ b }}."COMPLETE"
{%- endmacro -%}
{#- Versions of before a reset are another cluster's. -#}
{%- set since_reset -%}
l."MERGED_AT" >= COALESCE((SELECT MAX(k."MERGED_AT") {{ merged_complete("k", "c") }} AND c."RESET"), l."MERGED_AT")
{%- endset -%}
{#- Two invocations at once may record a batch twice; Snowflake enforces no key. -#}
{%- macro recorded(column) -%}
(SELECT ANY_VALUE("{{ column }}") FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch)
{%- endmacro -%}
{#- Older lines may be pruned meanwhile. -#}
{%- set lately -%}
FROM {{ control }}."LEDGER" WHERE "TABLE_NAME" = {{ table_name }}{# guard: pruned-line-hides-another-merge #} AND "MERGED_AT" >= :since{# end guard #}
{%- endset -%}
{%- macro end_with(outcome) -%}
{%- block clear %}{% endblock %}
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
  {#- guard: mass-delete #}{{ refuse_if("missing >= " ~ guarded_rows ~ " AND missing * 100 > living * max_delete_percent", "'MASS_DELETE ' || :missing || ' ' || :living") }}{# end guard #}
{%- endmacro -%}
{%- macro list(items, prefix="") -%}
{%- for column in items %}{{ prefix }}{{ column.identifier }}{{ ", " if not loop.last }}{% endfor -%}
{%- endmacro -%}
EXECUTE IMMEDIATE $$
BEGIN
{%- if as_task %}
  LET outcome VARCHAR := '';
{%- endif %}
  LET batch VARCHAR := {{ batch }};
{%- block prepare %}{% endblock %}
  LET version NUMBER := {{ recorded("VERSION") }};
  IF (version IS NULL) THEN
    {{- end_with("'NO_BATCH'") }}
  END IF;
  LET exported NUMBER := {{ recorded("EXPORTED") }};
  LET complete BOOLEAN := {{ recorded("COMPLETE") }};
  LET reset BOOLEAN := {{ recorded("RESET") }};
  LET max_delete_percent NUMBER := {{ recorded("MAX_DELETE_PERCENT") }};
  LET replay BOOLEAN := {{ recorded("REPLAY") }};
  LET watermark VARCHAR := {{ recorded("WATERMARK") }};
{%- if watermark %}
  LET high {{ watermark.target_type }} := (SELECT ANY_VALUE({{ watermark.cast('"HIGH"') }}) FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
{%- endif %}
  BEGIN TRANSACTION;
  LET since TIMESTAMP_LTZ := DATEADD(day, -1, CURRENT_TIMESTAMP());
  LET merged_before NUMBER := (SELECT COUNT(*) {{ lately }});
  LET recorded NUMBER := (SELECT COUNT(*) FROM {{ control }}."LEDGER" WHERE "BATCH_ID" = :batch);
  {#- guard: batch-merged-twice #}{{ refuse_if("recorded > 0", "'ALREADY_MERGED'") }}{# end guard #}
  LET loaded NUMBER := (SELECT COUNT(*) {{ batch_rows }});
  {#- guard: partial-load #}{{ refuse_if("loaded <> exported", "'PARTIAL_LOAD'") }}{# end guard #}
{%- if columns | selectattr("unrepresentable", "equalto", "fail") | list %}
  LET fatal NUMBER := (SELECT COUNT(*) {{ batch_rows }} AND "_FATAL");
  {#- guard: unrepresentable-value #}{{ refuse_if("fatal > 0", "'UNREPRESENTABLE ' || :fatal") }}{# end guard #}
{%- endif %}
  LET held NUMBER := {% if watermark %}(SELECT COUNT(*) {{ batch_rows }} AND NOT "_WITHHELD" AND COALESCE({{ watermark.identifier }} >= :high, FALSE)){% else %}0{% endif %};
  IF (reset) THEN
    UPDATE {{ final }} SET "_VERSION" = :version - 1 WHERE "_VERSION" >= :version;
  END IF;
  LET newest_complete NUMBER := 0;
  IF (NOT reset) THEN
    newest_complete := (
      SELECT COALESCE(MAX(l."VERSION"), 0) {{ merged_complete("l", "b") }} AND {{ since_reset }}
    );
  END IF;
{%- if watermark %}
  LET complete_high {{ watermark.target_type }} := (SELECT {{ watermark.cast('MAX(b."HIGH")') }} {{ merged_complete("l", "b") }} AND l."VERSION" = :newest_complete);
{%- endif %}
{%- block apply required %}{% endblock %}
  {#- guard: replayed-row-listed-twice #}
  IF (replay) THEN
    DELETE FROM {{ control }}."QUARANTINE" WHERE "TABLE_NAME" = {{ table_name }}
      AND ("FILE_NAME", "ROW_NUMBER") IN (SELECT s."_FILE", s."_ROW" FROM {{ typed }} s WHERE s."_BATCH_ID" = :batch);
  END IF;{# end guard #}
{#- A refused file's rows are read again by the next batch, every row by a complete one. -#}
{%- set settled %}"TABLE_NAME" = {{ table_name }} AND (("RAW" IS NULL AND NOT :replay) OR (:complete AND "VERSION" <= :version)){% endset %}
  LET settled NUMBER := (SELECT COUNT(*) FROM {{ control }}."QUARANTINE" WHERE {{ settled }});
  IF (settled > 0) THEN
    DELETE FROM {{ control }}."QUARANTINE" WHERE {{ settled }};
  END IF;
  LET rejected NUMBER := (SELECT COUNT(*) {{ batch_rows }} AND "_REJECTED" IS NOT NULL);
  LET withheld NUMBER := 0;
  LET quarantined NUMBER := 0;
  IF (rejected > 0) THEN
    withheld := (SELECT COUNT(*) {{ batch_rows }} AND "_WITHHELD");
    {{ insert_quarantine }}
      SELECT s."_BATCH_ID", {{ table_name }}, s."_FILE", s."_ROW", s."_VERSION", 'cannot be held:' || s."_REJECTED", s."_RAW", CURRENT_TIMESTAMP()
      FROM {{ typed }} s
      LEFT JOIN {% block applied_rows required %}{% endblock %} a ON a."_FILE" = s."_FILE" AND a."_ROW" = s."_ROW"
      WHERE s."_BATCH_ID" = :batch AND s."_REJECTED" IS NOT NULL
        {#- guard: row-listed-though-not-applied #}
        AND (s."_WITHHELD" OR a."_FILE" IS NOT NULL){# end guard #};
    quarantined := SQLROWCOUNT;
  END IF;
  LET merged NUMBER := applied + unchanged - (quarantined - withheld);
  LET final_rows NUMBER := (SELECT COUNT(*) FROM {{ final }});
  LET final_version NUMBER := (SELECT MAX("_VERSION") FROM {{ final }});
  {{ insert_ledger }}
    SELECT :batch, {{ table_name }}, :exported, :loaded, :merged, :duplicates, :quarantined, :held, :deleted, :version, :watermark, CURRENT_TIMESTAMP(), :highest, :final_rows, :final_version;
  DELETE FROM {{ staging }} WHERE "_FILE" IN (SELECT "FILE_NAME" FROM {{ control }}."BATCH_FILES" WHERE "BATCH_ID" = :batch);
  LET merged_after NUMBER := (SELECT COUNT(*) {{ lately }});
  {{- refuse_if("merged_after <> merged_before + 1", "'CONCURRENT'") }}
  {#- Maintenance forgets a batch before it removes its rows. #}
  LET remembered NUMBER := (SELECT COUNT(*) FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch);
  {#- guard: batch-forgotten-during-its-merge #}{{ refuse_if("remembered = 0", "'NO_BATCH'") }}{# end guard #}
  COMMIT;
  {{- end_with("'MERGED'") }}
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
