-- Everything one source table needs: where its files land, where its rows live, how they get from one to the other.
CREATE {{ "OR REPLACE TABLE" if replace else "TABLE IF NOT EXISTS" }} {{ staging }} (
{%- for column in columns %}
  {{ column.identifier }} VARCHAR,
{%- endfor %}
  "_FILE" VARCHAR NOT NULL,
  "_ROW" NUMBER(20, 0) NOT NULL,
  "_SCANNED_AT" TIMESTAMP_LTZ(6)
) COMMENT = {{ comment }};
CREATE TABLE IF NOT EXISTS {{ final }} (
{%- for column in columns %}
  {{ column.identifier }} {{ column.target_type }},
{%- endfor %}
  "_VERSION" NUMBER(20, 0) NOT NULL,
  "_SYNCED_AT" TIMESTAMP_LTZ(6) NOT NULL
{%- if not key %},
  "_FILE" VARCHAR NOT NULL,
  "_ROW" NUMBER(20, 0) NOT NULL
{%- endif %}
{%- if soft_deletes %},
  "IS_DELETED" BOOLEAN NOT NULL,
  "_DELETED_AT" TIMESTAMP_LTZ(6)
{%- endif %}
) COMMENT = {{ comment }};
CREATE OR REPLACE VIEW {{ typed }} COMMENT = {{ comment }} AS
SELECT
  f."BATCH_ID" AS "_BATCH_ID",
  f."VERSION" AS "_VERSION",
  s."_FILE",
  s."_ROW",
{%- for column in columns %}
  {{ column.cast("s." + column.identifier) }} AS {{ column.identifier }},
{%- endfor %}
  NULLIF(CONCAT(''
{%- for column in columns if column.target_type != "VARCHAR" %},
    IFF(s.{{ column.identifier }} IS NOT NULL AND {{ column.cast("s." + column.identifier) }} IS NULL, {{ literal(column.target_name + " ") }}, '')
{%- endfor %}), '') AS "_REJECTED",
  OBJECT_CONSTRUCT_KEEP_NULL(
{%- for column in columns %}
    {{ literal(column.target_name) }}, s.{{ column.identifier }}{{ "," if not loop.last }}
{%- endfor %}
  ) AS "_RAW"
FROM {{ staging }} s
INNER JOIN {{ database }}."CONTROL"."BATCH_FILES" f ON s."_FILE" = f."FILE_NAME";
CREATE {{ "OR REPLACE PIPE" if replace else "PIPE IF NOT EXISTS" }} {{ pipe }}
  AUTO_INGEST = TRUE
  COMMENT = {{ comment }}
AS COPY INTO {{ staging }} (
  {%- for column in columns %}{{ column.identifier }}, {% endfor %}"_FILE", "_ROW", "_SCANNED_AT")
FROM (
  SELECT {% for column in columns %}${{ loop.index }}, {% endfor %}METADATA$FILENAME, METADATA$FILE_ROW_NUMBER, METADATA$START_SCAN_TIME
  FROM {{ stage_path }}
)
FILE_FORMAT = (FORMAT_NAME = {{ file_format }});
