import { type PayerFile, topics, type Topic } from './payer-file.ts';

const HEAD = `# What is known of real portals
Written by \`npm run payers\` from \`portal-types/*.yaml\`; change those. What their public pages say, each fact with its page and of when that is, read in stored copies of them: a
page may have changed since, and none of it was tried. "unknown" means that nobody has found it. No portal here has a recipe, and no fact here is a permission: whether a program may log
in is decided by whoever answers for it, from the terms as they are that day ([what a portal's terms allow](rotation.md#what-a-portals-terms-allow)).
`;

/** The whole page. */
export function payersPage(files: readonly PayerFile[]): string {
  return [HEAD, overview(files), ...files.map(section)].join('\n');
}

const known = (file: PayerFile, topic: Topic): boolean => file.facts[topic].length > 0;

/** Which portal is known for what, and how much is not. */
function overview(files: readonly PayerFile[]): string {
  const facts = files.flatMap(({ facts: all }) => Object.values(all).flat()).length;
  const columns: readonly Topic[] = ['password_expires', 'lockout', 'second_factor', 'dormancy', 'terms'];
  return [
    `${files.length} portals, ${facts} facts. A dot: something is known.`,
    '',
    `| portal | of | ${columns.map((topic) => topics[topic].toLowerCase()).join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(columns.length)}`,
    ...files.map(
      (file) =>
        `| [${file.name.replaceAll('|', '\\|')}](#${file.code}) | ${file.payer} | ${columns.map((topic) => (known(file, topic) ? '•' : '')).join(' | ')} |`,
    ),
    '',
  ].join('\n');
}

function section(file: PayerFile): string {
  const lines = Object.entries(topics).flatMap(([topic, title]) => {
    const answer = file.facts[topic as Topic];
    return answer.map(({ says, source, of }, i) => `- ${i === 0 ? `**${title}.** ` : ''}${says} ([${of}](${source}))`);
  });
  const unknown = Object.entries(topics).flatMap(([topic, title]) => (known(file, topic as Topic) ? [] : title.toLowerCase()));
  return [
    `## ${file.code}`,
    `**${file.name}**, ${file.payer}. Read on ${file.read}.`,
    '',
    ...lines,
    ...(unknown.length > 0 ? [`- Unknown: ${unknown.join(', ')}.`] : []),
    ...(file.portal_type
      ? [
          '',
          'As far as that goes, its portal type would say:',
          '```',
          ...Object.entries(file.portal_type).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
          '```',
        ]
      : []),
    '',
  ].join('\n');
}
