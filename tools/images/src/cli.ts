import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExitCode, RcmError, sayFailed } from '@rcm/telemetry';
import { Command } from 'commander';
import { billOf } from './bill.ts';
import { packBinary } from './binary.ts';
import { buildImages, type BuiltImage, inspect } from './build.ts';
import { makeContext } from './context.ts';
import { IMAGES, type ImageKind } from './images.ts';
import { startTime } from './start-time.ts';

export interface Terminal {
  /** Of the repository. */
  readonly root: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

interface BuildFlags {
  readonly base: string;
  readonly prefix: string;
  readonly tag: string;
  readonly only?: readonly ImageKind['name'][];
  readonly twice?: boolean;
  readonly json?: boolean;
}

/** The command line; returns the exit code. */
export async function runImages(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command('images')
    .description('A container image for each app, from docker/images/Dockerfile, and rcm as one file (docs/images.md).')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.error })
    .addHelpText('after', '\nExit codes: 0 done, 1 something could not be built, or two builds of an image differ, 2 wrong call, or no Docker.');
  const named = (command: Command): Command =>
    command
      .option('--prefix <name>', 'what the names of the images begin with', 'rcm')
      .option('--tag <tag>', 'their tag', 'latest')
      .option('--only <names>', `some of ${IMAGES.map(({ name }) => name).join(', ')}, by commas`, imageNames)
      .option('--json', 'print one JSON object');
  named(program.command('build'))
    .description('bundle the apps, build the images, and write the bill of materials of each into .rcm/images')
    .option('--base <image>', 'a Debian trixie that they stand on', 'debian:trixie-slim')
    .option('--twice', 'build them anew afterwards, from nothing, and compare the digests')
    .action(async (flags: BuildFlags) => {
      exitCode = await build(flags, terminal);
    });
  named(program.command('measure'))
    .description('the size of each image, and how long it takes to its first word')
    .action(async (flags: BuildFlags) => {
      await measure(flags, terminal);
    });
  program
    .command('binary')
    .description('rcm in one file below .rcm/binary, which `npm install --global FILE` installs on Node 24 without a registry')
    .action(async () => terminal.out(`${await packBinary({ root: terminal.root, out: join(terminal.root, '.rcm', 'binary') })}\n`));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return sayFailed(error, { name: 'images', error: terminal.error });
  }
}

const chosen = ({ only }: BuildFlags): readonly ImageKind[] => IMAGES.filter(({ name }) => only?.includes(name) ?? true);

function imageNames(text: string): ImageKind['name'][] {
  return text.split(',').map((name) => {
    const kind = IMAGES.find((each) => each.name === name);
    if (!kind) throw new RcmError('config_invalid', `There is no image ${JSON.stringify(name)}: ${IMAGES.map((each) => each.name).join(', ')}.`);
    return kind.name;
  });
}

async function build(flags: BuildFlags, { root, out, error }: Terminal): Promise<ExitCode> {
  const images = chosen(flags);
  const once = async (anew: boolean): Promise<readonly BuiltImage[]> => {
    const context = await makeContext(root);
    const built = await buildImages({
      root,
      context,
      images,
      base: flags.base,
      prefix: flags.prefix,
      tag: flags.tag,
      anew,
      onLine: (line) => error(`${line}\n`),
    });
    const folder = join(root, '.rcm', 'images');
    mkdirSync(folder, { recursive: true });
    for (const image of built) writeFileSync(join(folder, `${image.name}.cdx.json`), await billOf({ root, image, packages: context.packages[image.name] }));
    return built;
  };
  const first = await once(false);
  const second = flags.twice ? await once(true) : null;
  const rows = first.map((image, index) => ({ ...image, again: second?.[index]?.id ?? null }));
  const differ = rows.filter(({ id, again }) => again !== null && again !== id);
  if (flags.json) out(`${JSON.stringify({ images: rows, same: second === null ? null : differ.length === 0 })}\n`);
  else for (const { reference, id, again } of rows) out(`${reference}  ${id}${again === null ? '' : again === id ? '  the same twice' : `  then ${again}`}\n`);
  for (const { name } of differ) error(`Two builds of ${name} differ.\n`);
  return differ.length > 0 ? 1 : 0;
}

async function measure(flags: BuildFlags, { out }: Terminal): Promise<void> {
  const measured = [];
  for (const { name } of chosen(flags)) {
    const reference = `${flags.prefix}/${name}:${flags.tag}`;
    measured.push({ name, reference, bytes: (await inspect(reference)).Size, startMs: await startTime(reference) });
  }
  if (flags.json) return void out(`${JSON.stringify({ images: measured })}\n`);
  for (const { reference, bytes, startMs } of measured) out(`${reference.padEnd(24)} ${Math.round(bytes / 1_000_000)} MB  ${startMs} ms to its help\n`);
}
