import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, openClient } from './client.fixture.ts';

// Each expectation is one of OpenBao's source; the file is named where the rule is not in the API documentation of KV v2.
describe('KV v2', () => {
  let client: Client;
  beforeEach(async () => {
    client = await openClient();
  });
  afterEach(() => client.close());

  const write = (path: string, data: object, options?: object) => client.ask('POST', `kv/data/${path}`, { data, ...(options ? { options } : {}) });

  it('answers 404 with empty errors for what was never there, and with a sentence where there is no such mount', async () => {
    expect(await client.ask('GET', 'kv/data/a/b')).toEqual({ status: 404, body: { errors: [] } });
    expect(await client.ask('GET', 'kv/metadata/a/b')).toEqual({ status: 404, body: { errors: [] } });
    // vault/router.go
    expect(await client.ask('GET', 'nope/data/a')).toEqual({ status: 404, body: { errors: ['no handler for route "nope/data/a". route entry not found.'] } });
  });

  it('numbers versions from 1 and gives back any that is kept', async () => {
    expect(await write('a', { n: 1 })).toMatchObject({
      status: 200,
      body: { data: { version: 1, destroyed: false, deletion_time: '', custom_metadata: null } },
    });
    expect(await write('a', { n: 2 })).toMatchObject({ body: { data: { version: 2 } } });
    expect(await client.ask('GET', 'kv/data/a')).toMatchObject({ status: 200, body: { data: { data: { n: 2 }, metadata: { version: 2 } } } });
    expect(await client.ask('GET', 'kv/data/a?version=1')).toMatchObject({ body: { data: { data: { n: 1 } } } });
    expect(await client.ask('GET', 'kv/data/a?version=0')).toMatchObject({ body: { data: { data: { n: 2 } } } });
    expect(await client.ask('GET', 'kv/data/a?version=3')).toEqual({ status: 404, body: { errors: [] } });
  });

  it('takes PUT for POST', async () => {
    expect((await client.ask('PUT', 'kv/data/a', { data: { n: 1 } })).status).toBe(200);
  });

  it('refuses a write without data', async () => {
    expect(await client.ask('POST', 'kv/data/a', { n: 1 })).toEqual({ status: 400, body: { errors: ['no data provided'] } });
  });

  // path_data.go, validateCheckAndSetOption
  it('writes with check-and-set only on the version named; 0 creates only', async () => {
    const lost = { status: 400, body: { errors: ['check-and-set parameter did not match the current version'] } };
    expect(await write('a', { n: 1 }, { cas: 1 })).toEqual(lost);
    expect((await write('a', { n: 1 }, { cas: 0 })).status).toBe(200);
    expect(await write('a', { n: 2 }, { cas: 0 })).toEqual(lost);
    expect((await write('a', { n: 2 }, { cas: 1 })).status).toBe(200);
    expect(await write('a', { n: 3 }, { cas: 'x' })).toEqual({ status: 400, body: { errors: ['error parsing check-and-set parameter'] } });
    await client.ask('POST', 'kv/metadata/a', { cas_required: true });
    expect(await write('a', { n: 3 })).toEqual({ status: 400, body: { errors: ['check-and-set parameter required for this call'] } });
  });

  // path_data.go, pathDataRead: RespondWithStatusCode with the version's metadata
  it('answers 404 WITH a body for a deleted version, whose number check-and-set still sees, and gives it back undeleted', async () => {
    await write('a', { n: 1 });
    expect(await client.ask('DELETE', 'kv/data/a')).toEqual({ status: 204, body: null });
    const read = await client.ask('GET', 'kv/data/a');
    expect(read).toMatchObject({ status: 404, body: { data: { data: null, metadata: { version: 1, destroyed: false } } } });
    expect((read.body?.data as { metadata: { deletion_time: string } }).metadata.deletion_time).toMatch(/^\d{4}-/);
    expect((await write('a', { n: 2 }, { cas: 0 })).status).toBe(400);
    expect(await client.ask('POST', 'kv/undelete/a', { versions: [1] })).toEqual({ status: 204, body: null });
    expect(await client.ask('GET', 'kv/data/a')).toMatchObject({ status: 200, body: { data: { data: { n: 1 } } } });
  });

  // path_delete.go, path_destroy.go
  it('deletes and destroys the versions named; a destroyed one does not come back', async () => {
    await write('a', { n: 1 });
    await write('a', { n: 2 });
    expect((await client.ask('POST', 'kv/delete/a', { versions: [1] })).status).toBe(204);
    expect((await client.ask('GET', 'kv/data/a?version=1')).status).toBe(404);
    expect((await client.ask('PUT', 'kv/destroy/a', { versions: '2' })).status).toBe(204);
    await client.ask('POST', 'kv/undelete/a', { versions: [1, 2] });
    expect((await client.ask('GET', 'kv/data/a?version=1')).status).toBe(200);
    expect(await client.ask('GET', 'kv/data/a')).toMatchObject({ status: 404, body: { data: { data: null, metadata: { version: 2, destroyed: true } } } });
    expect(await client.ask('POST', 'kv/delete/a', {})).toEqual({ status: 400, body: { errors: ['No version number provided'] } });
    expect(await client.ask('PUT', 'kv/destroy/a', {})).toEqual({ status: 400, body: { errors: ['no version number provided'] } });
    expect((await client.ask('POST', 'kv/delete/never', { versions: [1] })).status).toBe(204);
  });

  // path_metadata.go
  it('keeps metadata, which may be there before the first version, and loses everything with it', async () => {
    expect((await client.ask('POST', 'kv/metadata/a', { custom_metadata: { who: 'x' } })).status).toBe(204);
    expect(await client.ask('GET', 'kv/data/a')).toEqual({ status: 404, body: { errors: [] } });
    expect((await write('a', { n: 1 }, { cas: 0 })).body).toMatchObject({ data: { version: 1, custom_metadata: { who: 'x' } } });
    expect(await client.ask('GET', 'kv/metadata/a')).toMatchObject({
      body: { data: { current_version: 1, oldest_version: 0, custom_metadata: { who: 'x' }, versions: { '1': { destroyed: false } } } },
    });
    expect(await client.ask('DELETE', 'kv/metadata/a')).toEqual({ status: 204, body: null });
    expect(await client.ask('DELETE', 'kv/metadata/a')).toEqual({ status: 204, body: null });
    expect(await client.ask('GET', 'kv/data/a')).toEqual({ status: 404, body: { errors: [] } });
    expect((await write('a', { n: 1 }, { cas: 0 })).body).toMatchObject({ data: { version: 1 } });
    const tooLong = await client.ask('POST', 'kv/metadata/a', { custom_metadata: { k: 'x'.repeat(513) } });
    expect(tooLong).toMatchObject({ status: 400, body: { errors: [expect.stringContaining('custom_metadata validation failed')] } });
  });

  // backend.go, defaultMaxVersions, and KeyMetadata.AddVersion
  it('keeps ten versions, or as many as mount or secret say', async () => {
    for (let n = 1; n <= 12; n += 1) await write('a', { n });
    expect((await client.ask('GET', 'kv/data/a?version=2')).status).toBe(404);
    expect((await client.ask('GET', 'kv/data/a?version=3')).status).toBe(200);
    expect((await client.ask('GET', 'kv/metadata/a')).body).toMatchObject({ data: { oldest_version: 3, current_version: 12 } });
    await client.ask('POST', 'kv/metadata/b', { max_versions: 2 });
    for (let n = 1; n <= 3; n += 1) await write('b', { n });
    expect((await client.ask('GET', 'kv/data/b?version=1')).status).toBe(404);
    expect((await client.ask('POST', 'kv/config', { max_versions: 1 })).status).toBe(204);
    await write('c', { n: 1 });
    await write('c', { n: 2 });
    expect((await client.ask('GET', 'kv/data/c?version=1')).status).toBe(404);
  });

  // path_data.go, deletionTime; path_config.go, where below zero means never
  it('lets versions go by themselves after the shorter time of mount and secret, and says so when they are written', async () => {
    let now = Date.parse('2026-01-01T00:00:00.000Z');
    const clock = { now: () => new Date(now) };
    const timed = await openClient({ clock });
    const put = async (path: string): Promise<unknown> => (await timed.ask('POST', `kv/data/${path}`, { data: { n: 1 } })).body?.data;
    try {
      expect((await timed.ask('POST', 'kv/config', { delete_version_after: '1h30m' })).status).toBe(204);
      expect((await timed.ask('GET', 'kv/config')).body).toMatchObject({ data: { delete_version_after: '1h30m0s' } });
      await timed.ask('POST', 'kv/metadata/short', { delete_version_after: '60s' });
      expect(await put('short')).toMatchObject({ deletion_time: '2026-01-01T00:01:00.000Z' });
      expect(await put('long')).toMatchObject({ deletion_time: '2026-01-01T01:30:00.000Z' });
      expect(await timed.ask('GET', 'kv/data/short')).toMatchObject({
        status: 200,
        body: { data: { metadata: { deletion_time: '2026-01-01T00:01:00.000Z' } } },
      });
      now += 60_001;
      expect(await timed.ask('GET', 'kv/data/short')).toMatchObject({ status: 404, body: { data: { data: null, metadata: { version: 1 } } } });
      await timed.ask('DELETE', 'kv/data/long');
      now += 1;
      expect((await timed.ask('GET', 'kv/data/long')).status).toBe(404);
      await timed.ask('POST', 'kv/config', { delete_version_after: '-1s' });
      expect(await put('short')).toMatchObject({ deletion_time: '' });
      expect((await timed.ask('POST', 'kv/config', { delete_version_after: 'soon' })).status).toBe(400);
    } finally {
      await timed.close();
    }
  });

  it('lists one level, folders with a slash, and answers 404 for an empty one', async () => {
    for (const path of ['x/a', 'x/b/c', 'x/b/d']) await write(path, { n: 1 });
    expect((await client.ask('GET', 'kv/metadata/x?list=true')).body).toMatchObject({ data: { keys: ['a', 'b/'] } });
    expect(await client.ask('GET', 'kv/metadata/y?list=true')).toEqual({ status: 404, body: { errors: [] } });
  });

  // path_data.go decodes a version with json.Unmarshal into float64
  it('loses digits of a long number, as the engine does: payloads are kept as text', async () => {
    const response = await fetch(`${client.server.address}/v1/kv/data/a`, {
      method: 'POST',
      headers: { 'x-vault-token': client.server.rootToken },
      body: '{"data":{"number":12345678901234567890}}',
    });
    expect(response.status).toBe(200);
    expect(JSON.stringify((await client.ask('GET', 'kv/data/a')).body)).not.toContain('12345678901234567890');
  });

  it('refuses a path that climbs, a body that is no object, and a method that is none', async () => {
    expect(await client.ask('GET', 'kv/data/a%2f..%2fb')).toEqual({ status: 400, body: { errors: ['path cannot contain parent references'] } });
    for (const broken of ['%ZZ', '%']) expect((await client.ask('GET', `kv/data/${broken}`)).status, broken).toBe(400);
    expect((await client.ask('POST', 'kv/data/a', [])).status).toBe(400);
    expect((await client.ask('PATCH', 'kv/data/a', { data: {} })).status).toBe(405);
  });
});
