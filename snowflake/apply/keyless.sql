{#- A batch of a table without a key: each row is added to FINAL once, and a complete batch replaces all of FINAL. -#}
{%- extends "apply/_frame.sql" -%}
{#- FINAL's rows of these files lie close together: only they are read. -#}
{%- macro of_files(alias) -%}
{{ alias }}"_FILE" BETWEEN :first_file AND :last_file
{%- endmacro -%}

{%- block apply %}
  LET newer NUMBER := 0;
  LET living NUMBER := 0;
  LET missing NUMBER := 0;
  IF (complete) THEN
    newer := (SELECT COUNT(*) FROM {{ final }} WHERE "_VERSION" > :version);
{%- set replaced %}"_VERSION" <= :version{# guard: newer-rows-replaced #} AND :newer = 0{# end guard #}{% endset %}
    living := (SELECT COUNT(*) FROM {{ final }} WHERE {{ replaced }});
    missing := living - loaded;
    {{- refuse_mass_delete() }}
    DELETE FROM {{ final }} WHERE {{ replaced }};
  END IF;
  LET first_file VARCHAR := (SELECT MIN("FILE_NAME") FROM {{ control }}."BATCH_FILES" WHERE "BATCH_ID" = :batch);
  LET last_file VARCHAR := (SELECT MAX("FILE_NAME") FROM {{ control }}."BATCH_FILES" WHERE "BATCH_ID" = :batch);
{%- set applicable %}{{ rows }}{% if watermark %} AND NOT {{ past_fence }}{% endif %}{% endset %}
{%- if watermark %}
  LET reached {{ watermark.target_type }} := (SELECT MAX({{ watermark.identifier }}) FROM {{ final }});
{%- endif %}
{%- set fresh %}:newer = 0 AND NOT ({{ outdated("") }})
{#- guard: row-added-twice #}{% if watermark %} AND (:replay OR COALESCE({{ watermark.identifier }} > :reached, TRUE)){% endif %}{# end guard #}{% endset %}
  LET duplicates NUMBER := (SELECT COUNT_IF(NOT ({{ fresh }})) {{ applicable }});
  LET highest VARCHAR := {% if watermark %}(SELECT {{ watermark.written("MAX(" ~ watermark.identifier ~ ")") }} {{ applicable }} AND {{ fresh }}){% else %}NULL{% endif %};
  MERGE INTO {{ final }} t
  USING (SELECT {{ list(columns) }}, "_VERSION", "_FILE", "_ROW" {{ applicable }} AND {{ fresh }}) s
  ON {{ of_files("t.") }} AND t."_FILE" = s."_FILE" AND t."_ROW" = s."_ROW"
  WHEN MATCHED AND :replay THEN UPDATE SET
{%- for column in columns %}
    t.{{ column.identifier }} = s.{{ column.identifier }},
{%- endfor %}
    t."_SYNCED_AT" = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN INSERT ({{ list(columns) }}, "_VERSION", "_SYNCED_AT", "_FILE", "_ROW")
    VALUES ({{ list(columns, "s.") }}, s."_VERSION", CURRENT_TIMESTAMP(), s."_FILE", s."_ROW");
  LET applied NUMBER := SQLROWCOUNT;
  LET unchanged NUMBER := 0;
  LET deleted NUMBER := 0;
{%- endblock -%}

{%- block applied_rows %}(SELECT "_FILE", "_ROW" FROM {{ final }} WHERE {{ of_files("") }}){% endblock -%}
