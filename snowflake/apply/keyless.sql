{#- A batch of a table without a key: each row is added to FINAL once, and a complete batch replaces all of FINAL. -#}
{%- extends "apply/_frame.sql" -%}

{%- block apply %}
  LET newer NUMBER := (SELECT COUNT(*) FROM {{ final }} WHERE :complete AND "_VERSION" > :version);
{%- set replaced %}:complete{# guard: newer-rows-replaced #} AND :newer = 0{# end guard #} AND "_VERSION" <= :version{% endset %}
  LET living NUMBER := (SELECT COUNT(*) FROM {{ final }} WHERE {{ replaced }});
  LET missing NUMBER := living - loaded;
  {{- refuse_mass_delete() }}
  DELETE FROM {{ final }} WHERE {{ replaced }};
{%- set fresh %}:newer = 0 AND NOT ({{ outdated("") }})
{#- guard: row-added-twice #}{% if watermark %} AND (:replay OR COALESCE({{ watermark.identifier }} > (SELECT MAX(f.{{ watermark.identifier }}) FROM {{ final }} f), TRUE)){% endif %}{# end guard #}{% endset %}
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
{%- endblock -%}

{%- block is_applied %}t."_FILE" = s."_FILE" AND t."_ROW" = s."_ROW"{% endblock -%}
