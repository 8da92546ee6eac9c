{#- The copy: Aurora's columns in Snowflake's types, with the version of each row. -#}
CREATE {{ final_kind }} IF NOT EXISTS {{ final }} (
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
) COMMENT = {{ comment }}
