{#- Takes from the control tables what is older than `oldest` and no longer read, and rewrites all that is older than
    `settled`: rows that were inserted one by one lie together afterwards, by table and time.
    Not by INSERT OVERWRITE, which empties a table: no page says what becomes of a row that another session inserts
    meanwhile. A DELETE takes only rows that its condition names. -#}
{%- set control = database ~ '."CONTROL"' -%}
{#- The objects of a source table have two underscores between schema and name. -#}
{%- macro copy(name) %}{{ database }}."STAGING"."HISTORY_OF_{{ name }}"{% endmacro -%}
{%- set former = {
  "LEDGER": '"MERGED_AT" < ' ~ settled,
  "BATCHES": '"CREATED_AT" < ' ~ settled,
  "BATCH_FILES": '"BATCH_ID" IN (SELECT "BATCH_ID" FROM ' ~ copy("BATCHES") ~ ")",
  "READINGS": '"READ_AT" < ' ~ settled_text,
  "TABLES": '"CREATED_AT" < ' ~ settled,
} -%}
{%- set merged -%}
FROM {{ copy("LEDGER") }} l INNER JOIN {{ copy("BATCHES") }} b ON b."BATCH_ID" = l."BATCH_ID"
{%- endset -%}
{%- set quarantined -%}
{# guard: fence-of-quarantined-rows-forgotten #}UNION ALL SELECT "BATCH_ID" FROM {{ control }}."QUARANTINE"{# end guard #}
{%- endset -%}
{%- macro rewrite(name, order) %}
{%- set rows, copied = "rows_of_" ~ name | lower, "copied_of_" ~ name | lower %}
  LET {{ copied }} NUMBER := (SELECT COUNT(*) FROM {{ copy(name) }});
  DELETE FROM {{ control }}."{{ name }}" WHERE {{ former[name] }};
  LET {{ rows }} NUMBER := SQLROWCOUNT;
  {#- guard: row-written-meanwhile-lost #}
  IF ({{ rows }} <> {{ copied }}) THEN
    ROLLBACK;
    RETURN 'CONCURRENT';
  END IF;{# end guard #}
  INSERT INTO {{ control }}."{{ name }}" SELECT * FROM {{ copy(name) }} {{ caller() }} ORDER BY {{ order }};
  {{ rows }} := {{ rows }} - SQLROWCOUNT;
{%- endmacro -%}
EXECUTE IMMEDIATE $$
BEGIN
{%- for name, condition in former.items() %}
  CREATE OR REPLACE TRANSIENT TABLE {{ copy(name) }} AS SELECT * FROM {{ control }}."{{ name }}" WHERE {{ condition }};
{%- endfor %}
  BEGIN TRANSACTION;
{%- call rewrite("LEDGER", '"TABLE_NAME", "MERGED_AT"') -%}
  WHERE "BATCH_ID" IN (
    SELECT "BATCH_ID" FROM {{ copy("LEDGER") }} WHERE "MERGED_AT" >= {{ oldest }}
    {{ quarantined }}
    {#- guard: last-line-pruned #}
    UNION ALL SELECT "BATCH_ID" FROM {{ copy("LEDGER") }}
      QUALIFY RANK() OVER (PARTITION BY "TABLE_NAME" ORDER BY "MERGED_AT" DESC) = 1{# end guard #}
    {#- guard: restore-forgotten #}
    UNION ALL SELECT l."BATCH_ID" {{ merged }} WHERE b."RESET"
      QUALIFY RANK() OVER (PARTITION BY l."TABLE_NAME", b."COMPLETE" ORDER BY l."MERGED_AT" DESC) = 1{# end guard #}
    {#- guard: complete-batch-forgotten #}
    UNION ALL SELECT "BATCH_ID" FROM (
      SELECT l."BATCH_ID", l."TABLE_NAME", l."VERSION", l."MERGED_AT",
        MAX(IFF(b."RESET", l."MERGED_AT", NULL)) OVER (PARTITION BY l."TABLE_NAME") AS "RESTORED_AT"
      {{ merged }} WHERE b."COMPLETE"
    ) WHERE "MERGED_AT" >= COALESCE("RESTORED_AT", "MERGED_AT")
      QUALIFY RANK() OVER (PARTITION BY "TABLE_NAME" ORDER BY "VERSION" DESC) = 1{# end guard #}
  )
{%- endcall %}
{%- call rewrite("BATCHES", '"TABLE_NAME", "CREATED_AT"') -%}
  WHERE "BATCH_ID" IN (
    SELECT "BATCH_ID" FROM {{ control }}."LEDGER"
    {#- guard: unmerged-batch-forgotten #}
    UNION ALL SELECT "BATCH_ID" FROM {{ copy("BATCHES") }} WHERE "CREATED_AT" >= {{ unmerged }}{# end guard #}
    {{ quarantined }}
  )
{%- endcall %}
{%- call rewrite("BATCH_FILES", '"FILE_NAME"') -%}
  WHERE "BATCH_ID" IN (SELECT "BATCH_ID" FROM {{ control }}."BATCHES")
{%- endcall %}
{%- call rewrite("READINGS", '"TABLE_NAME", "READ_AT"') -%}
  QUALIFY "READ_AT" >= {{ oldest_text }} OR ROW_NUMBER() OVER (PARTITION BY "TABLE_NAME" ORDER BY "READ_AT" DESC) = 1
{%- endcall %}
{%- call rewrite("TABLES", '"TABLE_NAME", "CREATED_AT"') -%}
  WHERE ("TABLE_NAME", "SCHEMA_VERSION") IN (
    SELECT "TABLE_NAME", "SCHEMA_VERSION" FROM {{ copy("TABLES") }} WHERE "CREATED_AT" >= {{ oldest }}
    {#- guard: rules-of-a-table-forgotten #}
    UNION ALL SELECT "TABLE_NAME", "SCHEMA_VERSION" FROM {{ copy("TABLES") }}
      QUALIFY ROW_NUMBER() OVER (PARTITION BY "TABLE_NAME" ORDER BY "CREATED_AT" DESC) <= 2{# end guard #}
    UNION ALL SELECT b."TABLE_NAME", f."SCHEMA_VERSION" FROM {{ control }}."BATCH_FILES" f
      INNER JOIN {{ control }}."BATCHES" b ON b."BATCH_ID" = f."BATCH_ID"
  )
{%- endcall %}
  COMMIT;
{%- for name in former %}
  DROP TABLE {{ copy(name) }};
{%- endfor %}
  RETURN TO_JSON(OBJECT_CONSTRUCT({% for name in former %}'{{ name }}', :rows_of_{{ name | lower }}{{ ", " if not loop.last }}{% endfor %}));
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
