"""A Snowflake stand-in: fakesnow's engine behind the real connector, with pipes, tasks and scripting."""
