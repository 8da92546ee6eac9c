{#- Applies one batch to FINAL, in one transaction with the ledger and the watermark.
    keyed.sql and keyless.sql fill its blocks: `refusals` are their further checks, `apply` changes FINAL and sets the
    numbers applied, duplicates and deleted, `is_applied` is the condition that row t of FINAL is the batch's row s.
    The rows are those of the batch's own files; a row is applied only where FINAL holds no newer version of it.
    A value that FINAL cannot hold is NULL there, and its row is listed in quarantine; a row whose key (or watermark, in
    a table without a key) FINAL cannot hold is only listed. -#}
{%- set control = database ~ '."CONTROL"' -%}
{%- set rows = 'FROM ' ~ typed ~ ' WHERE "_BATCH_ID" = :batch' -%}
{# guard: row-with-an-unrepresentable-key #}{%- set rows = rows ~ ' AND NOT "_WITHHELD"' -%}{# end guard #}
{%- if watermark -%}
{%- set past_fence = 'COALESCE(' ~ watermark.identifier ~ ' >= ' ~ watermark.cast(":high") ~ ', FALSE)' -%}
{# guard: row-past-the-fence #}{%- set rows = rows ~ ' AND NOT ' ~ past_fence -%}{# end guard #}
{%- endif -%}
{#- A row that a newer complete batch lacked is deleted, and an older batch that still has it must not restore it. Rows
    past that batch's fence are new. -#}
{%- macro outdated(prefix) -%}
{# guard: deleted-row-comes-back #}{{ prefix }}"_VERSION" < :newest_complete{# end guard #}
{#- guard: new-row-taken-for-deleted #}{% if watermark %} AND COALESCE({{ prefix }}{{ watermark.identifier }} < {{ watermark.cast(":complete_high") }}, TRUE){% endif %}{# end guard #}
{%- endmacro -%}
{%- macro merged_complete(l, b) -%}
FROM {{ control }}."LEDGER" {{ l }} INNER JOIN {{ control }}."BATCHES" {{ b }} ON {{ b }}."BATCH_ID" = {{ l }}."BATCH_ID" WHERE {{ l }}."TABLE_NAME" = {{ table_name }} AND {{ b }}."COMPLETE"
{%- endmacro -%}
{#- Older lines may be pruned meanwhile. -#}
{%- set lately -%}
FROM {{ control }}."LEDGER" WHERE "TABLE_NAME" = {{ table_name }}{# guard: pruned-line-hides-another-merge #} AND "MERGED_AT" >= :since{# end guard #}
{%- endset -%}
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
  {#- guard: mass-delete #}{{ refuse_if("missing >= " ~ guarded_rows ~ " AND missing * 100 > living * max_delete_percent", "'MASS_DELETE ' || :missing || ' ' || :living") }}{# end guard #}
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
  LET since TIMESTAMP_LTZ := DATEADD(day, -1, CURRENT_TIMESTAMP());
  LET merged_before NUMBER := (SELECT COUNT(*) {{ lately }});
  LET recorded NUMBER := (SELECT COUNT(*) FROM {{ control }}."LEDGER" WHERE "BATCH_ID" = :batch);
  {#- guard: batch-merged-twice #}{{ refuse_if("recorded > 0", "'ALREADY_MERGED'") }}{# end guard #}
  LET loaded NUMBER := (SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch);
  {#- guard: partial-load #}{{ refuse_if("loaded <> exported", "'PARTIAL_LOAD'") }}{# end guard #}
{%- if columns | selectattr("unrepresentable", "equalto", "fail") | list %}
  LET fatal NUMBER := (SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch AND "_FATAL");
  {#- guard: unrepresentable-value #}{{ refuse_if("fatal > 0", "'UNREPRESENTABLE ' || :fatal") }}{# end guard #}
{%- endif %}
  LET held NUMBER := {% if watermark %}(SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch AND NOT "_WITHHELD" AND {{ past_fence }}){% else %}0{% endif %};
{%- block refusals %}{% endblock %}
  UPDATE {{ final }} SET "_VERSION" = :version - 1 WHERE :reset AND "_VERSION" >= :version;
  LET newest_complete NUMBER := (
    SELECT COALESCE(MAX(l."VERSION"), 0) {{ merged_complete("l", "b") }} AND NOT :reset
      AND l."MERGED_AT" >= COALESCE((SELECT MAX(k."MERGED_AT") {{ merged_complete("k", "c") }} AND c."RESET"), l."MERGED_AT")
  );
{%- if watermark %}
  LET complete_high VARCHAR := (SELECT MAX(b."HIGH") {{ merged_complete("l", "b") }} AND l."VERSION" = :newest_complete);
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
  LET withheld NUMBER := (SELECT COUNT(*) FROM {{ typed }} WHERE "_BATCH_ID" = :batch AND "_WITHHELD");
  {{ insert_quarantine }}
    SELECT s."_BATCH_ID", {{ table_name }}, s."_FILE", s."_ROW", s."_VERSION", 'cannot be held:' || s."_REJECTED", s."_RAW", CURRENT_TIMESTAMP()
    FROM {{ typed }} s WHERE s."_BATCH_ID" = :batch AND s."_REJECTED" IS NOT NULL
      {#- guard: row-listed-though-not-applied #}
      AND (s."_WITHHELD" OR EXISTS (SELECT 1 FROM {{ final }} t WHERE {% block is_applied required %}{% endblock %})){# end guard #};
  LET quarantined NUMBER := SQLROWCOUNT;
  LET merged NUMBER := applied - (quarantined - withheld);
  {{ insert_ledger }}
    SELECT "BATCH_ID", {{ table_name }}, :exported, :loaded, :merged, :duplicates, :quarantined, :held, :deleted, :version, "WATERMARK", CURRENT_TIMESTAMP()
    FROM {{ control }}."BATCHES" WHERE "BATCH_ID" = :batch;
  DELETE FROM {{ staging }} WHERE "_FILE" IN (SELECT "FILE_NAME" FROM {{ control }}."BATCH_FILES" WHERE "BATCH_ID" = :batch);
  LET merged_after NUMBER := (SELECT COUNT(*) {{ lately }});
  {{- refuse_if("merged_after <> merged_before + 1", "'CONCURRENT'") }}
  COMMIT;
  {{- end_with("'MERGED'") }}
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
