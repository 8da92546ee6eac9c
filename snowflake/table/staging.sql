{#- The rows that Snowpipe loads: the exported texts unchanged, with their file and row number. -#}
CREATE {{ "OR REPLACE TABLE" if replace else "TABLE IF NOT EXISTS" }} {{ staging }} (
  "_REFUSED" VARCHAR,
{%- for column in columns %}
  {{ column.identifier }} VARCHAR,
{%- endfor %}
  "_FILE" VARCHAR NOT NULL,
  "_ROW" NUMBER(20, 0) NOT NULL,
  "_SCANNED_AT" TIMESTAMP_LTZ(6)
) COMMENT = {{ comment }}
