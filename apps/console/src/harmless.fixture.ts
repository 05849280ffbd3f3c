import pg from 'pg';
import { expect } from 'vitest';
import type { Answer } from './browser.fixture.ts';

/** Every element that the pages' own templates have, and no attribute that runs or leads elsewhere. */
const TAGS = new Set(
  'html head meta title link body a header nav span form input button main h1 h2 p div table caption thead tbody tr th td time code dl dt dd ul li section details summary label select option ol script figure figcaption img'.split(
    ' ',
  ),
);

export function mustBeHarmless({ text }: Answer, where: string): void {
  const tags = [...text.matchAll(/<([a-zA-Z][^\s/>]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>/g)];
  expect(tags.length).toBeGreaterThan(5);
  expect(text.replaceAll('></script>', '').includes('</script'), where).toBe(false);
  for (const [, name = '', attributes = ''] of tags) {
    expect(TAGS.has(name), `${where}: <${name}>`).toBe(true);
    if (name === 'script') expect(attributes, where).toMatch(/^ src="\/live-[0-9a-f]{12}\.js" defer$/);
    if (name === 'img')
      expect(attributes, where).toMatch(
        /^ src="\/(o\/[-a-z0-9]+|all)\/portals\/[-a-z0-9]+\/looks\/[-0-9a-f]{36}\/(login|session)\.png" alt="[^"]*" loading="lazy"\/?$/,
      );
    // Without what stands in quotes: names of attributes only.
    const names = [...attributes.replace(/"[^"]*"|'[^']*'/g, '""').matchAll(/([^\s=/]+)(?==|\s|$)/g)].map(([, each]) => each ?? '');
    expect(
      names.filter((each) => /^on|^style$|^srcdoc$|^formaction$/i.test(each)),
      where,
    ).toEqual([]);
    for (const [, address = ''] of attributes.matchAll(/(?:href|src|action)="([^"]*)"/g)) expect(address, where).toMatch(/^(\/(?!\/)|#)/);
  }
}

/** How many rows a query gives to the owner of the tables. */
export async function countIn(url: string, query: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(query)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
