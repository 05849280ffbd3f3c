import type { Command } from 'commander';

type Shell = 'bash' | 'zsh' | 'fish';

/** What may follow the words of a command: its own commands and options. */
interface Place {
  /** `rcm login show`, without the first word. */
  readonly path: string;
  readonly words: readonly string[];
}

/** Made from the command tree itself, so that it knows every command that there is. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, '', program);
  return { bash, zsh, fish }[shell](places);
}

function placesOf(command: Command, path: string, program: Command): Place[] {
  const options = [...new Set([...command.options, ...program.options].map(({ long }) => long ?? ''))].filter((long) => long !== '');
  const inner = command.commands.map((each) => each.name());
  return [
    { path, words: [...inner, ...options, ...(command === program ? ['--help'] : ['--help'])] },
    ...command.commands.flatMap((each) => placesOf(each, `${path} ${each.name()}`.trim(), program)),
  ];
}

/** Words of commands are small letters and dashes, so nothing here needs quoting. */
const cases = (places: readonly Place[]): string => places.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n');
const known = (places: readonly Place[]): string =>
  places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join('|');

const bash = (places: readonly Place[]): string => `# source <(rcm completion bash)
_rcm() {
  local path='' words='' i next
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in ${known(places)}) path="$next" ;; esac
  done
  case "$path" in
${cases(places)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _rcm rcm
`;

const zsh = (places: readonly Place[]): string => `#compdef rcm
# source <(rcm completion zsh)
_rcm() {
  local route='' list='' next i
  for ((i = 2; i < CURRENT; i++)); do
    next="\${route:+$route }\${words[i]}"
    case "$next" in ${known(places).replaceAll('|', ' | ')}) route="$next" ;; esac
  done
  case "$route" in
${cases(places).replaceAll(' words=', ' list=')}
  esac
  compadd -- \${=list}
}
compdef _rcm rcm
`;

const fish = (places: readonly Place[]): string =>
  [
    '# rcm completion fish | source',
    'function __rcm_at',
    "    set -l route ''",
    '    for word in (commandline -opc)[2..]',
    '        set -l next (string trim "$route $word")',
    `        contains -- $next ${known(places).replaceAll('|', ' ')}; and set route $next`,
    '    end',
    '    test "$route" = "$argv"',
    'end',
    'complete -c rcm -f',
    ...places.flatMap(({ path, words }) => words.map((word) => `complete -c rcm -n "__rcm_at '${path}'" -a '${word}'`)),
    '',
  ].join('\n');
