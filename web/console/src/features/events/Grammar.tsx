/// The query language on one card.
import type { ReactNode } from 'react';
import { useText, type Dictionary } from '../../lib/i18n/i18n';

const EXAMPLES: readonly [keyof Dictionary['grammar']['rows'], string][] = [
  ['value', 'kind:dns'],
  ['wildcard', 'dns.queries.rrname:*.vn'],
  ['cidr', 'source.ip:10.0.0.0/8'],
  ['range', 'destination.port:>=1024 · http.status:[500 TO 599]'],
  ['regex', 'http.url:/union.+select/'],
  ['exists', 'user.name:*'],
  ['phrase', '"Failed password"'],
  ['logic', '(kind:http OR kind:tls) AND NOT site:so-tttt'],
];

export function Grammar(): ReactNode {
  const text = useText();
  return (
    <>
      <h2>{text.events.help}</h2>
      <p className="dim">{text.grammar.intro}</p>
      <dl>
        {EXAMPLES.map(([name, example]) => (
          <div key={name}>
            <dt className="mono">{example}</dt>
            <dd>{text.grammar.rows[name]}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
