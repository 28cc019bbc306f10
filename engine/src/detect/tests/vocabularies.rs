//! Records of every vocabulary meet the rules that are written for it.

use event::Kind;

use super::found;

/// Vocabularies that the mappings know by their fields: a log source, an item under Sigma's names,
/// a record.
const VOCABULARIES: &[(&str, &str, &str)] = &[
    (
        "product: linux, service: auditd",
        "a0: nc",
        r#"{"type":"EXECVE","a0":"nc"}"#,
    ),
    (
        "product: aws, service: cloudtrail",
        "eventName: StopLogging",
        r#"{"eventType":"AwsApiCall","eventName":"StopLogging"}"#,
    ),
    (
        "product: azure, service: activitylogs",
        "operationName: x/delete",
        r#"{"category":"Administrative","operationName":"x/delete"}"#,
    ),
    (
        "product: azure, service: signinlogs",
        "ResultType: 50053",
        r#"{"category":"SignInLogs","resultType":"50053"}"#,
    ),
    (
        "product: gcp, service: gcp.audit",
        "gcp.audit.method_name: m",
        r#"{"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"m"}}"#,
    ),
    (
        "product: m365, service: audit",
        "Operation: New-InboxRule",
        r#"{"Workload":"Exchange","Operation":"New-InboxRule"}"#,
    ),
    (
        "product: okta, service: okta",
        "eventType: user.lock",
        r#"{"eventType":"user.lock","actor":{"alternateId":"an@example.vn"}}"#,
    ),
    (
        "product: github, service: audit",
        "action: org.add_member",
        r#"{"_document_id":"a","action":"org.add_member"}"#,
    ),
    (
        "product: bitbucket, service: audit",
        "auditType.action: Deleted",
        r#"{"auditType":{"category":"Projects","action":"Deleted"}}"#,
    ),
    (
        "category: application, product: kubernetes, service: audit",
        "verb: create",
        r#"{"apiVersion":"audit.k8s.io/v1","verb":"create"}"#,
    ),
    (
        "category: application, product: opencanary",
        "logtype: 4002",
        r#"{"node_id":"a","logtype":4002}"#,
    ),
    (
        "product: zeek, service: dce_rpc",
        "operation: DRSGetNCChanges",
        r#"{"_path":"dce_rpc","operation":"DRSGetNCChanges"}"#,
    ),
    (
        "product: fortigate, service: event",
        "action: Add",
        r#"{"devid":"FG100","type":"event","action":"Add"}"#,
    ),
    (
        "category: webserver",
        "cs-uri-query|contains: .env",
        r#"{"remote_addr":"203.0.113.9","request_uri":"/.env"}"#,
    ),
];

#[test]
fn records_of_other_vocabularies_reach_their_log_sources() {
    for (logsource, item, record) in VOCABULARIES {
        let text = format!(
            "title: t\nid: t\nlogsource: {{{logsource}}}\n\
             detection:\n  a:\n    {item}\n  condition: a\n"
        );
        assert_eq!(found(&text, Kind::Json, record).len(), 1, "{logsource}");
        let stranger = r#"{"type":"x","operation":"y","host":"z"}"#;
        assert!(found(&text, Kind::Json, stranger).is_empty());
    }
}

/// The same for kinds of their own.
const KINDS: &[(Kind, &str, &str, &str)] = &[
    (
        Kind::LinuxAudit,
        "product: linux, service: auditd",
        "{type: EXECVE, a0: nc, a1: -e}",
        r#"{"type":["SYSCALL","EXECVE"],"a0":["55d0","nc"],"a1":["55d1","-e"]}"#,
    ),
    (
        Kind::LinuxAudit,
        "product: linux, service: auditd",
        "{type: SYSCALL, SYSCALL: execve, euid: 33}",
        r#"{"type":["SYSCALL","EXECVE"],"SYSCALL":"execve","euid":"33"}"#,
    ),
    (
        Kind::ZeekConn,
        "product: zeek, service: conn",
        "{id.resp_p: 445}",
        r#"{"_path":"conn","id":{"resp_p":445}}"#,
    ),
    (
        Kind::ZeekDns,
        "category: dns",
        "{query|endswith: .vn}",
        r#"{"_path":"dns","query":"a.vn"}"#,
    ),
    (
        Kind::ZeekHttp,
        "category: proxy",
        "{c-uri|contains: /a, c-useragent: x, cs-host: h, cs-method: GET}",
        r#"{"_path":"http","uri":"/a","user_agent":"x","host":"h","method":"GET"}"#,
    ),
    (
        Kind::ZeekHttp,
        "category: webserver",
        "{cs-uri-query|contains: /a, sc-status: 200}",
        r#"{"_path":"http","uri":"/a","status_code":200}"#,
    ),
    (
        Kind::ZeekX509,
        "product: zeek, service: x509",
        "{certificate.serial: 8BB00EE}",
        r#"{"certificate.serial":"8BB00EE"}"#,
    ),
    (
        Kind::ZeekOther,
        "product: zeek, service: smb_files",
        "{name: PSEXESVC.exe}",
        r#"{"_path":"smb_files","name":"PSEXESVC.exe"}"#,
    ),
    (
        Kind::WebAccess,
        "category: webserver",
        "{cs-uri-query|contains: /owa/, cs-method: GET, sc-status: 200}",
        r#"{"cs-uri":"/owa/a?x=1","cs-uri-query":"x=1","cs-method":"GET","sc-status":"200"}"#,
    ),
    (
        Kind::WebAccess,
        "category: webserver",
        "{cs-uri-query|contains: .env, cs-user-agent: x}",
        r#"{"remote_addr":"203.0.113.9","request_uri":"/.env","http_user_agent":"x"}"#,
    ),
    (
        // IIS's fields as JSON have the query alone.
        Kind::WebAccess,
        "category: webserver",
        "{cs-uri-query|contains: x=1}",
        r#"{"cs-uri-query":"x=1"}"#,
    ),
];

#[test]
fn kinds_of_their_own_reach_their_log_sources() {
    for (kind, logsource, item, record) in KINDS {
        let text = format!(
            "title: t\nid: t\nlogsource: {{{logsource}}}\n\
             detection:\n  a: {item}\n  condition: a\n"
        );
        let name = kind.name();
        assert_eq!(found(&text, *kind, record).len(), 1, "{name} {logsource}");
        assert!(found(&text, Kind::Text, record).is_empty());
    }
}
