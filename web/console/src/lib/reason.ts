/// Sentences of the centre that are a closed set, in the reader's language: each is known by what it
/// begins with, and what it names is put into ours. The longer pattern stands before the shorter.
import type { Dictionary } from './i18n/i18n';

type Sentence = string | ((first: string, second: string) => string);

/** Null when it is none of them: a newer centre, or words that a file or a library brought. */
export function reasonIn<Name extends string>(
  patterns: Readonly<Record<Name, RegExp>>,
  sentences: Readonly<Record<Name, Sentence>>,
  said: string,
): string | null {
  for (const name of Object.keys(patterns) as Name[]) {
    const match = patterns[name].exec(said);
    if (!match) continue;
    const sentence = sentences[name];
    return typeof sentence === 'string' ? sentence : sentence(match[1] ?? '', match[2] ?? '');
  }
  return null;
}

/** The complaints about a query (engine/src/query). */
export const QUERY_REASONS: Record<keyof Dictionary['queryReason'], RegExp> = {
  tooLong: /^the query is longer than (\d+) bytes/,
  unexpected: /^unexpected `(.+)`/su,
  tooDeep: /^nested too deeply/,
  tooMany: /^too many clauses/,
  openParenthesis: /^a parenthesis is not closed/,
  nothingHere: /^something to look for is missing/,
  noWord: /^no letter or digit to look for/,
  noField: /^a field name is missing/,
  noValueNorStar: /^a value is missing after `:`;/,
  noValue: /^a value is missing after `:`/,
  openRegex: /^a regular expression is not closed/,
  noTo: /^a range needs TO/,
  openRange: /^a range is not closed/,
  noTime: /^not a time/,
  noNumber: /^not a number/,
  openQuote: /^a quote is not closed/,
  patternTooLarge: /^the pattern is too large/,
  badRegex: /^not a regular expression/,
  noName: /^name the field; a value in any field/,
  wildWord: /^a wildcard outside a field/,
  noOr: /^values stand apart by OR/,
  badNetwork: /^not a network/,
  noKind: /^there is no kind (.+); known: (.+)/su,
  noRange: /^(\S+) takes a range/u,
  noAddress: /^(\S+) holds addresses/u,
  noNumbers: /^(\S+) holds numbers/u,
  tooManyValues: /^the pattern on (.+) matches too many values/su,
};

/** Why an exception is refused (engine/src/rules/exceptions.rs). */
export const EXCEPTION_REASONS: Record<keyof Dictionary['exceptionReason'], RegExp> = {
  end: /^an exception ends in the future, at most (\d+) days/,
  tooMany: /^an exception has 1 to (\d+) comparisons/,
  noField: /^`(.*)` is no field/su,
  twice: /^`(.*)` is compared twice/su,
  values: /^(.+): a comparison has 1 to (\d+) values/su,
  valueTooLong: /^(.+): a value has at most (\d+) bytes/su,
  noNetwork: /^(.+?): `(.*)` is no network/su,
  emptyText: /^(.+): every value has the empty text/su,
  unwritable: /^cannot be written as a filter/,
  offTooLong: /^the list of what is off would be larger/,
};

/** Why an archive of rules is refused (engine/src/rules/archive.rs and staging.rs). */
export const IMPORT_REASONS: Record<keyof Dictionary['importReason'], RegExp> = {
  badName: /^a pack's name has 1 to 64/,
  noRules: /^the archive has no rule file/,
  tooManyFiles: /^the archive has more than (\d+) files/,
  tooLarge: /^the archive unpacks to more than (\d+) MiB/,
  unreadable: /^the archive cannot be read: (.*)/su,
  link: /^the archive has a link, (.*); give the file/su,
  notPlain: /^the archive has a path that is not plain: (.*)/su,
  tooDeep: /^the archive has folders that are too deep: (.*)/su,
  twice: /^the archive has (.*) twice$/su,
  packedBadly: /^(.*) cannot be unpacked: (.*)/su,
};

/** Why a value of an intel list is refused (engine/src/rule/intel). */
export const INTEL_REASONS: Record<keyof Dictionary['intelReason'], RegExp> = {
  reserved: /^(.*) is private or reserved/su,
  tooWide: /^(.*) is too wide a network; the widest is a \/(\d+)/su,
  publicSuffix: /^`(.*)` is a public suffix/su,
  shared: /^`(.*)` is shared by many/su,
  unknown: /^`(.*)` is no address, network, domain/su,
  noKind: /^`(.*)` is no ([^:]+)/su,
  tooLong: /^(?:the line is )?longer than (\d+) bytes/,
  tooMany: /^more than (\d+) entries/,
  firstOnly: /^only the first (\d+) lines/,
};

/** What is wrong with an asset, or with a line of a CSV of them (engine/src/store/assets and web/src/api/assets). */
export const ASSET_REASONS: Record<keyof Dictionary['assetReason'], RegExp> = {
  noSite: /^an asset needs a site/,
  noAddress: /^an asset needs an address/,
  address: /^"(.*)" is no address;/su,
  inside: /^(.*) is an address inside a network; write (.*) for the network/su,
  wide: /^(.*) is too wide for a site/su,
  criticality: /^"(.*)" is no criticality/su,
  mac: /^"(.*)" is no MAC address/su,
  date: /^"(.*)" is no date/su,
  backwards: /^valid_to is before valid_from/,
  tooLong: /^(\w+) has more than (\d+) characters/,
  foreign: /^this network is not one of your sites'/,
  unseen: /^(?:you do not see this site|there is no site)/,
  twice: /^(\S+) at .* stands in line (\d+) already/su,
  taken: /^the site has an asset with this address already/,
  full: /^there are (?:as many|\d+) assets/,
  manyNetworks: /^there are (?:as many|\d+) networks/,
  ofFile: /^a file of rules\/sites has this network/,
  tooManyLines: /^the CSV has more than (\d+) lines/,
  cells: /^the line has (\d+) cells, the first line (\d+)/,
  unknownColumn: /^the column "(.*)" is none of/su,
  columnTwice: /^the column "(.*)" stands there twice/su,
  tooManyColumns: /^there are too many columns/,
  noColumn: /^there is no column (\w+)/,
  empty: /^the file is empty/,
  notUtf8: /^(\w+) is not UTF-8/,
};

/** What is refused beside the thing itself: who asks, and what stands there already (web/src/api). */
export const REFUSALS: Record<keyof Dictionary['refusal'], RegExp> = {
  ownSites: /^who does not see all sites names sites/,
  allSites: /^rules hold for all sites/,
  listsForAll: /^lists hold for all sites/,
  importsWait: /^other imports wait/,
  importStale: /^the import was compared with an older state/,
  unknownRule: /^(.*) is no rule that could be off/su,
  tooManyExceptions: /^there are (\d+) exceptions already/,
  otherRule: /^the alert was raised by another rule/,
  changesWait: /^other changes of rules wait/,
  listTaken: /^there is a list of that id/,
  brokenFile: /^mend this first: (.*)/su,
  byHand: /^(.*) is changed by hand/su,
  rulesOff: /^too many rules to turn off/,
  intelLimit: /^a limit of \[limits\.intel\] is reached/,
  noEdges: /^this centre takes no sensors/,
  sensorName: /^a sensor's name has 1 to 60/,
  sensorSites: /^a sensor needs a site/,
  sensorHours: /^a token is good for 1 to (\d+) hours/,
  sensorSilence: /^a sensor may be silent for/,
  sensorOfOthers: /^the sensor delivers for sites that you do not see/,
  grantOwn: /^you can grant only sites that you see yourself/,
};

/** What a problem of a rule file says behind its reason (engine/src/rules/kept.rs and mod.rs). */
export const STAYS: Record<keyof Dictionary['stays'], RegExp> = {
  emptied: /^the file is empty; the version of (\S+) stays in force/,
  version: /^(.*); the version of (\S+) stays in force until it is mended$/su,
  folder: /^(.*); its files stay in force as they were read last$/su,
  all: /^(.*); the rules stay as they were loaded last$/su,
};
