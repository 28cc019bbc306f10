/// The endpoints of rules, exceptions, imports and packs: one line each.
import type {
  AttackMatrix,
  ExceptionChange,
  ExceptionDraft,
  ExceptionPreview,
  ImportApply,
  NewException,
  OffChange,
  RuleDetail,
  RuleException,
  RuleExceptions,
  RuleImport,
  RuleImports,
  RulePacks,
  RulePage,
} from './api';
import { search, type Ask } from './ask';

export interface RuleQuery {
  text?: string;
  level?: string;
  pack?: string;
  origin?: string;
  state?: string;
  tag?: string;
  cursor?: string;
  limit?: string;
}

/** What is added to the client. */
export function rulesOf(ask: Ask) {
  const one = (id: string) => `/rules/${encodeURIComponent(id)}`;
  const exception = (id: string) => `/rules/exceptions/${encodeURIComponent(id)}`;
  const imported = (id: string) => `/rules/imports/${encodeURIComponent(id)}`;
  return {
    rules: (query: RuleQuery, signal?: AbortSignal) =>
      ask<RulePage>('GET', `/rules${search({ ...query })}`, { signal }),
    rule: (id: string, signal?: AbortSignal) => ask<RuleDetail>('GET', one(id), { signal }),
    turnRule: (id: string, change: OffChange) => ask<undefined>('PUT', `${one(id)}/off`, { body: change }),
    attack: (signal?: AbortSignal) => ask<AttackMatrix>('GET', '/rules/attack', { signal }),

    exceptions: (signal?: AbortSignal) => ask<RuleExceptions>('GET', '/rules/exceptions', { signal }),
    previewException: (draft: ExceptionDraft, signal?: AbortSignal) =>
      ask<ExceptionPreview>('POST', '/rules/exceptions/preview', { body: draft, signal }),
    makeException: (made: NewException) => ask<RuleException>('POST', '/rules/exceptions', { body: made }),
    changeException: (id: string, change: ExceptionChange) =>
      ask<undefined>('PATCH', exception(id), { body: change }),
    removeException: (id: string, why: string) =>
      ask<undefined>('DELETE', `${exception(id)}${search({ why })}`),

    /** `source` is what people call the file; `name` is the pack's. */
    importRules: (name: string, source: string, file: Blob) =>
      ask<RuleImport>('POST', `/rules/imports${search({ name, source })}`, { file }),
    ruleImports: (signal?: AbortSignal) => ask<RuleImports>('GET', '/rules/imports', { signal }),
    ruleImport: (id: string, signal?: AbortSignal) => ask<RuleImport>('GET', imported(id), { signal }),
    applyImport: (id: string, apply: ImportApply) =>
      ask<undefined>('POST', `${imported(id)}/apply`, { body: apply }),
    dropImport: (id: string) => ask<undefined>('DELETE', imported(id)),

    packs: (signal?: AbortSignal) => ask<RulePacks>('GET', '/rules/packs', { signal }),
    removePack: (name: string, why: string) =>
      ask<undefined>('DELETE', `/rules/packs/${encodeURIComponent(name)}${search({ why })}`),
    stepBack: (why: string) => ask<undefined>('POST', '/rules/back', { body: { why } }),
  };
}
