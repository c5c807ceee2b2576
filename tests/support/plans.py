"""EXPLAIN as a cluster answers it, in the shape of the Redshift guide's examples (t_explain_plan_example, r_EXPLAIN)."""

from __future__ import annotations

from collections.abc import Iterable

# Plays with their calendar, and with users who were sent to every node; both aggregated, and sorted on the leader.
PLAYS_WITH_USERS = """\
 XN Merge  (cost=1015345167117.54..1015345167544.46 rows=1000 width=103)
   Merge Key: users.user_id
   ->  XN Network  (cost=1015345167117.54..1015345167544.46 rows=170771 width=103)
         Send to leader
         ->  XN Sort  (cost=1015345167117.54..1015345167544.46 rows=170771 width=103)
               Sort Key: users.user_id
               ->  XN HashAggregate  (cost=15345150568.37..15345152276.08 rows=170771 width=103)
                     ->  XN Hash Left Join DS_BCAST_INNER  (cost=742.08..15345146299.10 rows=170771 width=103)
                           Hash Cond: ("outer".user_id = "inner".user_id)
                           ->  XN Merge Join DS_DIST_NONE  (cost=0.00..6286.47 rows=172456 width=30)
                                 Merge Cond: ("outer".start_time = "inner".start_time)
                                 ->  XN Seq Scan on songplays  (cost=0.00..1724.56 rows=172456 width=24)
                                       Filter: (start_time >= '2018-11-01 00:00:00'::timestamp without time zone)
                                 ->  XN Seq Scan on "time"  (cost=0.00..1924.97 rows=192497 width=14)
                           ->  XN Hash  (cost=499.90..499.90 rows=49990 width=14)
                                 ->  XN Seq Scan on users u  (cost=0.00..499.90 rows=49990 width=14)
 ----- Tables missing statistics: staging_events, users -----
 ----- Update statistics by running the ANALYZE command on these tables -----
"""

WINDOW = """\
XN Window  (cost=1000000000147.76..1000000000161.29 rows=2000000 width=40)
  Partition: user_id
  Order: start_time
  ->  XN Sort  (cost=1000000000147.76..1000000000150.01 rows=2000000 width=40)
        Sort Key: user_id, start_time
        ->  XN Network  (cost=0.00..103.48 rows=2000000 width=40)
              Distribute
              ->  XN Seq Scan on songplays  (cost=0.00..46.37 rows=2000000 width=40)
"""

CARTESIAN = """\
XN Nested Loop DS_BCAST_INNER  (cost=0.00..120031.42 rows=9000000 width=12)
  ->  XN Seq Scan on songplays  (cost=0.00..9.02 rows=3000 width=8)
  ->  XN Seq Scan on songs  (cost=0.00..0.01 rows=3000 width=4)
----- Nested Loop Join in the query plan - review the join predicates to avoid Cartesian products -----
"""

OF_THE_STANDIN = """\
Hash Join  (cost=10.90..21.85 rows=40 width=82)
  Hash Cond: ((songs.song_id)::text = (staging_songs.song_id)::text)
  ->  Seq Scan on songs  (cost=0.00..10.40 rows=40 width=164)
  ->  Hash  (cost=10.40..10.40 rows=40 width=82)
        ->  Seq Scan on staging_songs  (cost=0.00..10.40 rows=40 width=82)
"""


def a_join(
    movement: str,
    outer: str = "songplays",
    inner: str = "users",
    *,
    on: str = "user_id",
    outer_rows: int = 5_000_000,
    inner_rows: int = 2_000_000,
) -> str:
    """The plan of a hash join of two tables, with 10 bytes per row of the inner and 20 of the outer one."""
    return (
        f"XN Hash Join {movement}  (cost=1.00..2.00 rows={outer_rows} width=30)\n"
        f'  Hash Cond: (("outer".{on})::text = ("inner".{on})::text)\n'
        f"  ->  XN Seq Scan on {outer}  (cost=0.00..1.00 rows={outer_rows} width=20)\n"
        f"  ->  XN Hash  (cost=0.00..1.00 rows={inner_rows} width=10)\n"
        f"        ->  XN Seq Scan on {inner}  (cost=0.00..1.00 rows={inner_rows} width=10)\n"
    )


def lines(plan: str) -> Iterable[str]:
    """As EXPLAIN returns them: a row a line."""
    return plan.splitlines()
