import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { openClient } from './client.ts';
import { throwawayDatabase } from './throwaway.ts';

async function folderOf(url: string): Promise<string> {
  await using client = await openClient(url);
  return dirname((await client.query<{ data_directory: string }>('SHOW data_directory')).rows[0]?.data_directory ?? '');
}

test('a database on a server of its own goes with the server', async () => {
  let [url, folder] = ['', ''];
  {
    await using database = await throwawayDatabase({ migrate: async () => undefined });
    [url, folder] = [database.url, await folderOf(database.url)];
    expect(existsSync(folder)).toBe(true);
  }
  await expect(openClient(url)).rejects.toThrow('ECONNREFUSED');
  expect(existsSync(folder)).toBe(false);
});

test('where the database cannot be made, neither server nor data stay', async () => {
  let [url, folder] = ['', ''];
  const migrate = async (of: string): Promise<void> => {
    [url, folder] = [of, await folderOf(of)];
    throw new Error('no such migration');
  };
  await expect(throwawayDatabase({ migrate })).rejects.toThrow('no such migration');
  await expect(openClient(url)).rejects.toThrow('ECONNREFUSED');
  expect(existsSync(folder)).toBe(false);
});
