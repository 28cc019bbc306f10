import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { show } from '../../../dev/show';
import type { AttackMatrix } from '../../lib/api';
import { columnsOf } from './attack';
import { AttackPage } from './AttackPage';
import { NAMES, TACTICS, TECHNIQUES } from './techniques';

const item = (technique: string, rules: number, off = 0, alerts = 0) => ({ technique, rules, off, alerts });
const matrix = (...techniques: AttackMatrix['tactics'][number]['techniques']): AttackMatrix => ({
  rules: 9,
  untagged: 0,
  tactics: [{ tactic: 'credential-access', rules: 9, techniques }],
});

describe('the shape of the matrix', () => {
  it('folds sub-techniques under their technique, also when that has no rules of its own', () => {
    const [column] = columnsOf(matrix(item('T1110.003', 1), item('T1558.003', 2), item('T1110', 4), item('T1110.001', 2)), false);
    expect(column?.cells.map((cell) => [cell.technique, cell.own?.rules ?? null, cell.subs.map((sub) => sub.technique)])).toEqual([
      ['T1110', 4, ['T1110.001', 'T1110.003']],
      ['T1558', null, ['T1558.003']],
    ]);
    expect(column?.covered).toBe(2);
  });

  it('says alerting before covered, and off only when nothing is left on', () => {
    const [column] = columnsOf(matrix(item('T1003', 2, 2), item('T1003.001', 1, 1), item('T1040', 2, 1), item('T1110', 3), item('T1110.001', 1, 0, 5)), false);
    expect(column?.cells.map((cell) => cell.coverage)).toEqual(['off', 'covered', 'alerting']);
  });

  it('shows every technique on demand, in the order of tactics', () => {
    const columns = columnsOf(matrix(item('T1110', 1)), true);
    expect(columns.map((column) => column.tactic)).toEqual([...TACTICS]);
    const [first] = columns;
    expect(first?.cells.every((cell) => cell.coverage === 'none')).toBe(true);
  });

  it('puts a technique where it belongs when a rule names several tactics', () => {
    const both = [item('T1071.004', 1), item('T1048', 1)];
    const columns = columnsOf({ rules: 1, untagged: 0, tactics: [{ tactic: 'command-and-control', rules: 1, techniques: both }, { tactic: 'exfiltration', rules: 1, techniques: [...both, item('T1110', 1)] }] }, false);
    expect(columns.map((column) => [column.cells.map((cell) => cell.technique), column.covered])).toEqual([
      [['T1071'], 1],
      [['T1048', 'T1110'], 1],
    ]);
  });

  it('knows what later editions have moved', () => {
    const both = [item('T1027', 1), item('T1059', 1), item('T1027.099', 1)];
    const columns = columnsOf({ rules: 1, untagged: 0, tactics: ['execution', 'stealth'].map((tactic) => ({ tactic, rules: 1, techniques: both })) }, false);
    expect(columns.map((column) => [column.tactic, column.cells.map((cell) => cell.technique)])).toEqual([['execution', ['T1059']], ['stealth', ['T1027']]]);
  });

  it('puts a technique of a rule without a tactic where ATT&CK has it', () => {
    const columns = columnsOf({ rules: 3, untagged: 0, tactics: [{ tactic: 'credential-access', rules: 1, techniques: [item('T1110', 1, 1)] }, { tactic: '(no tactic)', rules: 2, techniques: [item('T1110', 1, 0, 2), item('T1071.004', 1), item('T9998', 1)] }] }, false);
    expect(columns.map((column) => [column.tactic, column.cells.map((cell) => [cell.technique, cell.own?.rules ?? null, cell.coverage])])).toEqual([
      ['credential-access', [['T1110', 2, 'alerting']]],
      ['command-and-control', [['T1071', null, 'covered']]],
      ['(no tactic)', [['T9998', 1, 'covered']]],
    ]);
  });

  it('keeps what it does not know', () => {
    const columns = columnsOf({ rules: 1, untagged: 0, tactics: [{ tactic: 'of-tomorrow', rules: 1, techniques: [item('T9998', 1)] }, { tactic: 'stealth', rules: 1, techniques: [item('T1036', 1)] }] }, true);
    expect(columns.findIndex((column) => column.tactic === 'stealth')).toBe(TACTICS.indexOf('defense-evasion') + 1);
    expect(columns.at(-1)).toMatchObject({ tactic: 'of-tomorrow', known: null, covered: 1 });
  });
});

it('has a name for every technique of a tactic', () => {
  const nameless = Object.values(TECHNIQUES).flat().filter((technique) => !(technique in NAMES));
  expect(nameless).toEqual([]);
  expect(Object.keys(NAMES).filter((technique) => !/^T\d{4}(\.\d{3})?$/.test(technique))).toEqual([]);
  expect(NAMES['T1071.004']).toBe('DNS');
});

describe('the page', () => {
  it('is a list of techniques for each tactic, in both languages, with words for what is covered', async () => {
    show(<AttackPage />, '/rules/attack');
    const tactic = await screen.findByRole('region', { name: /Chiếm đoạt thông tin xác thực/ });
    expect(tactic.textContent).toContain('Credential Access');
    const [cell] = within(tactic).getAllByRole('listitem');
    expect(cell?.textContent).toContain('T1003');
    expect(cell?.textContent).toContain('OS Credential Dumping');
    expect(cell?.textContent).toMatch(/Có cảnh báo|Có luật/);
    const brute = within(tactic).getByRole('link', { name: 'T1110 Brute Force' });
    expect(brute.getAttribute('href')).toBe('/rules?tag=attack.t1110');
    expect(screen.getByText('T9999', { selector: 'a span' })).toBeTruthy();
  });

  it('keeps the gaps in the address', async () => {
    const { address } = show(<AttackPage />, '/rules/attack');
    await screen.findByRole('region', { name: /Trinh sát/ });
    expect(screen.queryByText('Search Closed Sources')).toBeNull();
    fireEvent.click(screen.getByLabelText('Hiện cả kỹ thuật chưa có luật'));
    await waitFor(() => expect(address()).toBe('/rules/attack?gaps=show'));
    expect(screen.getByText('Search Closed Sources')).toBeTruthy();
  });

  it('says why it is empty, and what failed', async () => {
    show(<AttackPage />, '/rules/attack', { scenario: 'empty' });
    expect(await screen.findByText('Chưa có luật nào gắn kỹ thuật')).toBeTruthy();
  });
});
