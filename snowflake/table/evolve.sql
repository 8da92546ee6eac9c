-- Changes the tables to the columns of a new schema version; a second run changes nothing.
{%- for column in staging_columns %}
ALTER TABLE {{ staging }} ADD COLUMN IF NOT EXISTS {{ column.identifier }} VARCHAR;
{%- endfor %}
{%- for column in final_columns %}
ALTER TABLE {{ final }} ADD COLUMN IF NOT EXISTS {{ column.identifier }} {{ column.target_type }};
{%- endfor %}
{%- for column in widened %}
ALTER TABLE {{ final }} ALTER COLUMN {{ column.identifier }} SET DATA TYPE {{ column.target_type }};
{%- endfor %}
