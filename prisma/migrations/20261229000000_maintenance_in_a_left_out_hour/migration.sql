-- Whether a piece of work that begins at `at` and takes `lasting` touches one of the windows: whether the portal's clock shows an hour of one at any moment of it, its end included. Asked of each
-- quarter of an hour by itself, since a clock may be set forward or back meanwhile and then leaves out an hour or shows one twice; within a quarter no clock is set. An hour that a clock leaves out
-- comes when a clock that was not set would show it, as much later as the clock was set forward (RFC 5545, 3.3.5): the portal does its work in some hour of that night. Before, a window that lies
-- in such an hour did not come on that day.
CREATE OR REPLACE FUNCTION rcm_touches_maintenance(windows text[], zone text, at timestamptz, lasting interval) RETURNS boolean
  LANGUAGE sql STABLE STRICT PARALLEL SAFE
  RETURN EXISTS (
    -- Minutes of the week, from Monday on: 1970 began on a Thursday. `more`: how many of the quarter's follow that one and belong to the work, too.
    SELECT FROM (SELECT (extract(epoch FROM c.shown)::bigint / 60 + 3 * 1440 + q.first) % 10080 AS minute, q.last - q.first AS more
                   FROM (SELECT s.start, s.start AT TIME ZONE zone AS shown, (s.start - interval '24 hours') AT TIME ZONE zone + interval '24 hours' AS unset,
                                greatest(0, floor(extract(epoch FROM at - s.start) / 60))::int AS first, least(14, floor(extract(epoch FROM at + lasting - s.start) / 60))::int AS last
                           -- In eight days every window has come.
                           FROM generate_series(date_bin('15 minutes', at, timestamptz '1970-01-01 00:00Z'), at + least(lasting, interval '8 days'), interval '15 minutes') s (start)) q
                  -- Of a time that the clock leaves out, Postgres says the moment at which a clock that was not set shows it; one that the clock shows, too, is another moment.
                  CROSS JOIN LATERAL (SELECT q.shown UNION ALL SELECT q.unset WHERE q.unset <> q.shown AND q.unset AT TIME ZONE zone = q.start) c (shown)) n,
           (SELECT d.day * 1440 + p.from_minute AS start, CASE WHEN p.to_minute = p.from_minute THEN 1440 ELSE (p.to_minute - p.from_minute + 1440) % 1440 END AS length
              FROM (SELECT split_part(t, ' ', 1) AS days, substr(split_part(t, ' ', 2), 1, 2)::int * 60 + substr(split_part(t, ' ', 2), 4, 2)::int AS from_minute,
                           substr(split_part(t, ' ', 2), 7, 2)::int * 60 + substr(split_part(t, ' ', 2), 10, 2)::int AS to_minute FROM unnest(windows) t) p
              JOIN (VALUES ('mon', 0), ('tue', 1), ('wed', 2), ('thu', 3), ('fri', 4), ('sat', 5), ('sun', 6)) d (name, day) ON p.days IN ('daily', d.name)) w
     WHERE (n.minute - w.start + 10080) % 10080 < w.length OR (w.start - n.minute + 10080) % 10080 <= n.more);
