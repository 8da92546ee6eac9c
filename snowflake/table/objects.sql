-- Everything one source table needs: where its files land, where its rows live, how they get from one to the other.
{% include "table/staging.sql" %};
{% include "table/final.sql" %};
{% include "table/typed.sql" %};
{% include "table/pipe.sql" %};
