/// Invented rules for the invented centre: enough variety to see every shape on the screen.
import type { Level } from '../src/lib/api';

export interface MockRule {
  id: string;
  title: string;
  level: Level;
  tags: string[];
  group: 'network' | 'flow' | 'host' | 'online' | 'state';
  description: string;
  falsepositives: string[];
  references: string[];
  detection: string;
  file: string;
}

const rule = (
  n: number,
  title: string,
  level: Level,
  group: MockRule['group'],
  tags: string[],
  file: string,
  description: string,
  falsepositives: string[],
  detection: string,
): MockRule => ({
  id: `7f1c0a${n.toString(16).padStart(2, '0')}-4be2-4d8a-9a51-2f6c7d90e1${n.toString(16).padStart(2, '0')}`,
  title,
  level,
  group,
  tags,
  file: `rules/sigma/${file}.yml`,
  description,
  falsepositives,
  references: n % 3 === 0 ? ['https://attack.mitre.org/techniques/T1110/'] : [],
  detection,
});

export const RULES: MockRule[] = [
  rule(1, 'Đường hầm DNS: nhiều tên rất dài từ một máy', 'high', 'network', ['attack.t1071.004', 'attack.t1048'], 'dns-tunnel', 'Một máy hỏi ít nhất 20 tên miền có phần trước miền cha dài từ 45 ký tự trong một phút. Đây là dấu hiệu truyền dữ liệu giấu trong truy vấn DNS.', ['Một số phần mềm diệt vi-rút gửi mã băm qua DNS'],
    "    selection:\n        dns.type: request\n        dns.queries.rrname|re: '^[a-z0-9+/=._-]{45,}\\.'\n    condition: selection"),
  rule(2, 'Quét cổng: một nguồn thử nhiều cổng của một máy', 'medium', 'flow', ['attack.t1046'], 'port-scan', 'Ít nhất 40 cổng đích khác nhau từ một địa chỉ tới một địa chỉ trong một phút, trên các luồng TCP không được thiết lập.', ['Máy quét lỗ hổng của chính đơn vị'],
    "    selection:\n        proto: TCP\n        flow.state:\n            - new\n            - closed\n        flow.pkts_toserver|lte: 3\n    condition: selection"),
  rule(3, 'Dò mật khẩu SSH từ một địa chỉ', 'medium', 'host', ['attack.t1110.001'], 'ssh-brute-force', 'Ít nhất 10 lần sai mật khẩu sshd từ một địa chỉ trong 5 phút.', ['Tập lệnh sao lưu dùng mật khẩu cũ'],
    "    selection:\n        program: sshd\n        message|contains: 'Failed password'\n    condition: selection"),
  rule(4, 'SQL injection in a requested URL', 'high', 'network', ['attack.t1190'], 'sql-injection', 'A requested URL carries the marks of SQL injection: UNION SELECT, tautologies, time delays.', ['Search engines for developers', 'Vulnerability scanners of your own'],
    "    selection:\n        http.url|contains:\n            - 'union select'\n            - 'union%20select'\n            - '1=1'\n            - 'sleep('\n    condition: selection"),
  rule(5, 'PowerShell với lệnh mã hóa', 'high', 'host', ['attack.t1059.001', 'attack.t1027'], 'encoded-powershell', 'PowerShell được gọi với -EncodedCommand hoặc dạng viết tắt, kèm đối số giống base64.', ['Công cụ quản trị tập trung'],
    "    image:\n        Image|endswith:\n            - '\\powershell.exe'\n            - '\\pwsh.exe'\n    encoded:\n        CommandLine|contains|windash:\n            - ' -enc '\n            - ' -EncodedCommand '\n    condition: image and encoded"),
  rule(6, 'LSASS memory dump', 'critical', 'host', ['attack.t1003.001'], 'lsass-dump', 'A process reads or dumps the memory of lsass.exe, which holds credentials.', ['Crash collectors of the vendor'],
    "    dump:\n        Image|endswith: '\\rundll32.exe'\n        CommandLine|contains|all:\n            - 'comsvcs.dll'\n            - 'MiniDump'\n    condition: dump"),
  rule(7, 'Log4Shell trong yêu cầu web', 'critical', 'network', ['attack.t1190'], 'log4shell', 'Chuỗi ${jndi: xuất hiện trong đường dẫn hoặc user agent.', [],
    "    url:\n        http.url|contains: '${jndi:'\n    agent:\n        http.http_user_agent|contains: '${jndi:'\n    condition: url or agent"),
  rule(8, 'Bão NXDOMAIN tới một máy', 'low', 'network', ['attack.t1568.002'], 'nxdomain-storm', 'Ít nhất 30 câu trả lời “không có tên này” cho một máy trong một phút.', ['Cấu hình DNS sai sau khi đổi miền'],
    "    selection:\n        dns.type: response\n        dns.rcode: NXDOMAIN\n    condition: selection"),
  rule(9, 'Trang thông tin điện tử có liên kết cờ bạc', 'high', 'online', ['haidang.site-integrity'], 'gambling-links', 'Trang của đơn vị chứa liên kết tới trang cờ bạc mà lần tải trước không có.', [],
    "    selection:\n        kind: web.integrity\n        change: injected_links\n    condition: selection"),
  rule(10, 'Công cụ quét tự nhận tên trong user agent', 'low', 'network', ['attack.t1595.002'], 'scanner-user-agent', 'User agent chứa tên một công cụ quét.', ['Đợt đánh giá an toàn đã báo trước'],
    "    selection:\n        http.http_user_agent|contains:\n            - sqlmap\n            - nikto\n            - masscan\n    condition: selection"),
  rule(11, 'Cảm biến ngừng gửi dữ liệu', 'informational', 'state', ['haidang.health'], 'sensor-silent', 'Không nhận được bản tin nào từ cảm biến trong 5 phút.', ['Bảo trì có kế hoạch'],
    "    selection:\n        kind: sensor.status\n        state: silent\n    condition: selection"),
];

export function yaml(r: MockRule): string {
  return [
    `title: ${r.title}`,
    `id: ${r.id}`,
    'status: stable',
    `description: ${r.description}`,
    'author: haidang project',
    'license: Apache-2.0',
    'logsource:',
    r.group === 'host' ? '    product: windows\n    category: process_creation' : '    category: dns',
    'detection:',
    r.detection,
    `level: ${r.level}`,
    'tags:',
    ...r.tags.map((tag) => `    - ${tag}`),
    '',
  ].join('\n');
}
