-- Whom a notice has reached is shown (docs/console.md), page after page, of one organization and of all.
DROP INDEX notice_by_time;
CREATE INDEX notice_by_time ON notice (created_at, id);
CREATE INDEX notice_of_one ON notice (org_id, created_at, id);
GRANT SELECT ON notice_delivery TO rcm_console;
