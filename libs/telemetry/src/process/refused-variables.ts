type Environment = Readonly<Record<string, string | undefined>>;

interface Refusal {
  readonly name: RegExp;
  /** Whether this value is one to refuse. Default: any that is not empty. */
  readonly value?: (text: string) => boolean;
  /** What it would do, and what to set instead. */
  readonly why: string;
}

/**
 * Variables that change, from outside this platform's configuration, where its secrets go or who may see them. Found by reading what
 * Node, the AWS SDK, `pg`, undici and Playwright look for. HTTP(S)_PROXY is read by none of them unless NODE_USE_ENV_PROXY says so.
 */
const REFUSALS: readonly Refusal[] = [
  { name: /^AWS_ENDPOINT_URL(_\w+)?$/, why: 'leads calls to AWS, and the passwords in them, elsewhere; use RCM_AWS_ENDPOINT' },
  { name: /^AWS_EC2_METADATA_SERVICE_ENDPOINT(_MODE)?$/, why: 'lets somebody else hand out the keys of this process' },
  { name: /^PG(?!DATA$)[A-Z_]+$/, why: 'changes how Postgres is reached, or by whom; everything belongs into RCM_DATABASE_URL' },
  { name: /^NODE_PG_FORCE_NATIVE$/, why: 'replaces the way to Postgres' },
  {
    name: /^NODE_TLS_REJECT_UNAUTHORIZED$/,
    value: (text) => text === '0',
    why: 'accepts every certificate; name the CA in NODE_EXTRA_CA_CERTS or RCM_DATABASE_CA_FILE',
  },
  { name: /^NODE_DEBUG(_NATIVE)?$/, why: 'writes requests, with their headers, to stderr' },
  { name: /^NODE_USE_ENV_PROXY$/, value: (text) => text !== '0', why: 'sends requests to the store, the token issuer and the webhook through a proxy' },
  { name: /^NODE_OPTIONS$/, value: (text) => strangeOptions(text).length > 0, why: 'has options that open this process or load code into it' },
  { name: /^(DY)?LD_\w+$/, why: 'loads code into this process and its browser' },
  { name: /^SSLKEYLOGFILE$/, why: 'asks for the keys of encrypted connections to be written down' },
  { name: /^OPENSSL_(CONF|MODULES|ENGINES)$/, why: 'changes what TLS accepts, or loads code' },
  { name: /^SELENIUM_REMOTE_\w+$/, why: 'lets the browser, and the passwords typed there, run on another machine' },
  { name: /^(PLAYWRIGHT_(?!BROWSERS_PATH$|DOWNLOAD_|SKIP_BROWSER_)|PW(_|DEBUG|TEST|MCP))\w*$/, why: 'changes how the browser is driven or what it may reach' },
];

/** Options that may stand in NODE_OPTIONS: they bound memory, quieten warnings, or choose certificate authorities. */
const HARMLESS_OPTIONS =
  /^--(disable-sigusr1|max-old-space-size|max-semi-space-size|max-http-header-size|stack-trace-limit|enable-source-maps|no-warnings|disable-warning|trace-warnings|no-deprecation|throw-deprecation|unhandled-rejections|use-system-ca|use-bundled-ca|dns-result-order|network-family-autoselection\S*)(=.*)?$/;

/** Arguments of Node itself that show what is in this process, or who is at its other ends. */
const OPENING_ARGUMENTS =
  /^--(inspect|debug|tls-keylog|trace-tls|heapsnapshot|heap-prof|cpu-prof|report-|diagnostic-report|use-env-proxy|insecure-http-parser|tls-min-v1\.[01]|experimental-network-inspection)/;

/** Debug switches of libraries: removed without more, because whatever loads later would write down what it is given. */
export const isDebugSwitch = (name: string): boolean => /^DEBUG(_\w+)?$/.test(name);

export interface VariableProblem {
  readonly name: string;
  readonly why: string;
}

/** What is to be refused; values are never repeated. */
export function refusedVariables(environment: Environment): VariableProblem[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!value) return [];
    const refusal = REFUSALS.find((one) => one.name.test(name) && (one.value?.(value) ?? true));
    return refusal ? [{ name, why: refusal.why }] : [];
  });
}

export const openingArguments = (execArgv: readonly string[]): string[] => execArgv.filter((argument) => OPENING_ARGUMENTS.test(argument));

/** The options of NODE_OPTIONS; a value that follows its option after a blank counts as an option, and is strange. */
export const nodeOptions = (text: string): string[] => text.split(/\s+/).filter((option) => option !== '');

const strangeOptions = (text: string): string[] => nodeOptions(text).filter((option) => !HARMLESS_OPTIONS.test(option));
