//! Lists of names: dots, wildcards, comments, and what is never cut to a host.
