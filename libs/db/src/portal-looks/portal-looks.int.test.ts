import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { countOld, forgetOld } from '../retention/old-rows.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { listPortalLooks, readPortalPicture } from './list.ts';
import { type LookFinding, type NewPortalLook, recordPortalLook } from './record.ts';

let t: TestDatabase;
let page: Database;
let code: string;
let mine: TestEndpoint;
let theirs: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  page = t.another('rcm_console');
  mine = await makeEndpoint(t.db);
  code = (await t.sql<{ code: string }>('SELECT portal_type_code AS code FROM integration_endpoint WHERE id = $1', [mine.endpointId]))[0]?.code ?? '';
  theirs = await makeEndpoint(t.db, { portal: { code } });
});
afterAll(() => t.close());

const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('a picture')]);
const found = (what: string): LookFinding => ({ part: 'login', what, state: 'there', detail: null });
const look = (of: TestEndpoint, more: Partial<NewPortalLook> = {}) =>
  recordPortalLook(t.rotator, {
    ...{ orgId: of.orgId, endpointId: of.endpointId, portalTypeCode: code, actor: 'person:os:jane' },
    ...{ findings: [found('open /')], pictures: [{ part: 'login', png: PNG }], ...more },
  });
const looksOf = (of: TestEndpoint) => listPortalLooks(page, { code, scope: { tenant: of.orgId }, limit: 9 });

test('is its organization’s alone, with its pictures; whoever looks after all sees all', async () => {
  await look(mine);
  await look(theirs, { findings: [found('open /theirs')] });
  const [own, other, all] = [await looksOf(mine), await looksOf(theirs), await listPortalLooks(page, { code, scope: 'every tenant', limit: 9 })];
  expect(own).toMatchObject([{ orgId: mine.orgId, endpointId: mine.endpointId, findings: [found('open /')], pictures: ['login'], actor: 'person:os:jane' }]);
  expect(other.map(({ findings }) => findings[0]?.what)).toEqual(['open /theirs']);
  expect(all.map(({ orgId }) => orgId)).toEqual([theirs.orgId, mine.orgId]);
  const picture = (of: TestEndpoint, lookId: string, more: { readonly part?: 'session'; readonly code?: string } = {}) =>
    readPortalPicture(page, { lookId, part: 'login', code, scope: { tenant: of.orgId }, ...more });
  const [id, another] = [own[0]?.id ?? '', other[0]?.id ?? ''];
  expect(Buffer.from((await picture(mine, id)) ?? [])).toEqual(PNG);
  expect([await picture(mine, another), await picture(mine, id, { part: 'session' }), await picture(mine, id, { code: 'none' })]).toEqual([null, null, null]);
  expect(await readPortalPicture(page, { lookId: another, part: 'login', code, scope: 'every tenant' })).not.toBeNull();
});

test('keeps the three newest of an organization, takes no more than there is room for, and no picture that is none', async () => {
  const many = Array.from({ length: 300 }, (_, i) => found(`${i} ${'x'.repeat(400)}\ud83d`));
  for (let i = 0; i < 5; i += 1)
    await look(mine, {
      findings: many,
      pictures: [
        { part: 'login', png: PNG },
        { part: 'session', png: Buffer.concat([PNG, Buffer.alloc(1_048_576)]) },
      ],
    });
  const kept = await looksOf(mine);
  expect(kept.map(({ findings, pictures }) => [findings.length, pictures])).toEqual([
    [200, ['login']],
    [200, ['login']],
    [200, ['login']],
  ]);
  expect(kept[0]?.findings[0]?.what.length).toBe(300);
  expect(await looksOf(theirs)).toHaveLength(1);
  expect(await t.sql('SELECT FROM portal_look_picture')).toHaveLength(4);
  for (const png of [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'), Buffer.from('<html>')])
    await expect(look(mine, { pictures: [{ part: 'login', png }] })).rejects.toMatchObject({ code: 'input_invalid' });
  expect((await looksOf(mine))[0]?.id).toBe(kept[0]?.id);
});

test('goes with its pictures once it is old, and a check of the audit after half a year', async () => {
  await t.sql(`UPDATE portal_look SET looked_at = now() - interval '91 days' WHERE org_id = $1`, [theirs.orgId]);
  await t.sql(
    `INSERT INTO audit_check (org_id, actor, reason, asked_at) SELECT $1, 'person:os:jane', 'r', now() - make_interval(days => d) FROM unnest(ARRAY[183, 185]) d`,
    [mine.orgId],
  );
  for (const [what, keptDays] of [
    ['portal_looks', 90],
    ['audit_checks', 184],
  ] as const) {
    expect(await countOld(t.another('rcm_operator'), { what, keptDays }), what).toBe(1);
    expect([await forgetOld(t.rotator, { what, keptDays, limit: 10 }), await forgetOld(t.rotator, { what, keptDays, limit: 10 })], what).toEqual([1, 0]);
  }
  expect([(await looksOf(theirs)).length, (await looksOf(mine)).length]).toEqual([0, 3]);
  expect(await t.sql('SELECT FROM portal_look_picture WHERE org_id = $1', [theirs.orgId])).toEqual([]);
});

test('a picture is of no other organization’s look', async () => {
  const [own] = await looksOf(mine);
  const into = t.rotator.transaction(
    { tenant: theirs.orgId },
    (tx) => tx.$executeRaw`INSERT INTO portal_look_picture (look_id, part, org_id, png) VALUES (${own?.id}::uuid, 'session', ${theirs.orgId}, ${PNG})`,
  );
  await expect(into).rejects.toMatchObject({ code: 'database_failed' });
});
