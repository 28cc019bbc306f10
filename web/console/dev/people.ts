/// The invented centre's people: users, sessions, tokens, the audit trail.
import type { AuditEntry, OpenSession, Token, User } from '../src/lib/client.people';
import { SESSION } from './world.ts';

const HOUR = 3_600_000;
const iso = (at: number) => new Date(at).toISOString();

const USERS: readonly (readonly [name: string, display: string, role: User['role'], sites: string[] | null])[] = [
  [SESSION.user, SESSION.name, 'admin', null],
  ['khoa.nv', 'Nguyễn Văn Khoa', 'analyst', null],
  ['lan.pt', 'Phạm Thị Lan', 'analyst', ['xa-binh-minh', 'phuong-hai-dong']],
  ['minh.tq', 'Trần Quang Minh', 'viewer', ['bv-da-khoa']],
];
const ACTIONS = ['session.begin', 'alert.close', 'user.change', 'case.open', 'token.make', 'retention.drop'];

export class People {
  constructor(readonly now: number) {}

  handle(resource: string): { status: number; body?: unknown } {
    if (resource === 'users') return { status: 200, body: { items: this.users() } };
    if (resource === 'sessions') return { status: 200, body: { items: this.sessions() } };
    if (resource === 'tokens') return { status: 200, body: { items: this.tokens() } };
    return { status: 200, body: { items: this.trail(), next: null } };
  }

  private users(): User[] {
    return USERS.map(([name, display, role, sites], place) => ({
      name,
      display,
      role,
      sites,
      disabled: place === 3,
      must_change: place === 2,
      created: iso(this.now - (900 - 100 * place) * HOUR),
    }));
  }

  private sessions(): OpenSession[] {
    return [0, 1].map((place) => ({
      id: `00000000000000${place}a`,
      user: SESSION.user,
      own: place === 0,
      created: iso(this.now - (1 + 5 * place) * HOUR),
      seen: iso(this.now - place * HOUR),
      address: place === 0 ? '10.60.0.14' : '10.60.7.200',
      agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
    }));
  }

  private tokens(): Token[] {
    return [
      {
        id: '3f9a20c1b7d4',
        user: SESSION.user,
        name: 'Bảng điều hành của trung tâm',
        permissions: ['alerts.read', 'incidents.read', 'health.read'],
        sites: null,
        created: iso(this.now - 400 * HOUR),
        expires: iso(this.now + 1700 * HOUR),
        expired: false,
        seen: iso(this.now - 0.2 * HOUR),
      },
    ];
  }

  private trail(): AuditEntry[] {
    return Array.from({ length: 40 }, (_, place) => ({
      seq: 4_210 - place,
      at: iso(this.now - place * 0.3 * HOUR),
      who: USERS[place % USERS.length]?.[0] ?? 'haidang',
      action: ACTIONS[place % ACTIONS.length] ?? 'session.end',
      target: place % 2 === 0 ? '' : 'khoa.nv',
      detail: place % 3 === 0 ? { address: '10.60.0.14' } : {},
    }));
  }
}
