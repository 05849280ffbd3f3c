import { claimStatus } from './claim-status.ts';
import type { Contract } from './contract.ts';
import { eligibility } from './eligibility.ts';
import { priorAuthStatus } from './prior-auth-status.ts';
import { remittanceFile, remittanceList } from './remittance.ts';

export const CONTRACT_NAMES = ['claim_status', 'eligibility', 'remittance_list', 'remittance_file', 'prior_auth_status'] as const;

export type ContractName = (typeof CONTRACT_NAMES)[number];

/** Every contract that a task may fulfil. A field, once here, keeps its name and its meaning: callers hold their code against it. */
export const CONTRACTS: Readonly<Record<ContractName, Contract>> = {
  claim_status: claimStatus,
  eligibility,
  remittance_list: remittanceList,
  remittance_file: remittanceFile,
  prior_auth_status: priorAuthStatus,
};

export const isContractName = (name: string): name is ContractName => (CONTRACT_NAMES as readonly string[]).includes(name);
