/// Whose it is: the host and the networks around it, with whom to call.
import type { ReactNode } from 'react';
import type { EntityPage } from '../../lib/triage';
import { useMay, useSites } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { FactList } from '../../ui/FactList';
import { Text } from '../../ui/Text';

export function Assets({ assets }: { assets: EntityPage['assets'] }): ReactNode {
  const text = useText();
  const { nameOf } = useSites();
  const maySee = useMay('assets.read');
  const words = text.entity;
  if (!maySee) return null;
  return (
    <section>
      <h2>{words.assets}</h2>
      {assets.length === 0 && <p className="dim">{words.assetsNone}</p>}
      {assets.map((asset) => {
        const facts: [string, ReactNode][] = [[text.assets.site, nameOf(asset.site)]];
        const said: [string, string][] = [
          [text.assets.role, asset.role],
          [words.owner, asset.owner],
          [words.contact, asset.contact],
        ];
        for (const [name, value] of said) if (value !== '') facts.push([name, <Text key={name} value={value} />]);
        if (asset.criticality !== 'normal') facts.push([words.criticality, text.assets.weights[asset.criticality]]);
        return (
          <div key={asset.id} className="entity-asset">
            <p>
              <strong>
                <Text value={asset.name || asset.address} />
              </strong>{' '}
              {asset.name !== '' && (
                <span className="mono dim">
                  <Text value={asset.address} />
                </span>
              )}
            </p>
            <FactList facts={facts} />
          </div>
        );
      })}
    </section>
  );
}
