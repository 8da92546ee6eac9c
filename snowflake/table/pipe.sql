{#- Loads the files of one layout, which have a folder of their own, into STAGING, field by field in their order. -#}
CREATE {{ "OR REPLACE PIPE" if replace_pipe else "PIPE IF NOT EXISTS" }} {{ pipe }}
  AUTO_INGEST = TRUE
  COMMENT = {{ comment }}
AS COPY INTO {{ staging }} ("_REFUSED", {% for column in columns %}{{ column.identifier }}, {% endfor %}"_FILE", "_ROW", "_SCANNED_AT")
FROM (
  SELECT $1, {% for column in columns %}${{ loop.index + 1 }}, {% endfor %}METADATA$FILENAME, METADATA$FILE_ROW_NUMBER, METADATA$START_SCAN_TIME
  FROM {{ stage_path }}
)
FILE_FORMAT = (FORMAT_NAME = {{ file_format }})
