"""An example of every body, by the name of its type, for the API's description."""

from __future__ import annotations

from typing import Any

_LINE = {"description": "Consulting, October", "quantity": "7.5", "unit_amount": 12000}

EXAMPLES: dict[str, dict[str, Any]] = {
    "NewCustomer": {
        "name": "Ada Byron",
        "email": "ada@example.com",
        "kind": "business",
        "terms": "net_30",
        "address": {
            "line1": "12 Harbour Street",
            "city": "Portland",
            "region": "ME",
            "postal_code": "04101",
            "country": "US",
        },
        "external_ref": "crm-1815",
    },
    "CustomerChanges": {"email": "billing@example.com", "auto_charge": False},
    "NewPolicy": {
        "name": "Long-standing customers",
        "offsets_seconds": [0, 259200, 604800, 1209600],
        "class_rules": [
            {"decline_class": "funds", "wait_seconds": 259200},
            {"decline_class": "opaque", "retry": False},
        ],
        "grace_days": 14,
        "reminder_days_after": [3, 10],
        "notice_rules": [{"notice": "reminder_past_due", "channels": ["mail", "sms"]}],
        "text_hours": {"opens": 9, "closes": 18},
    },
    "PolicyChanges": {"grace_days": 7, "when_exhausted": "pause"},
    "AssignPolicy": {
        "customer_id": "cus_mfrggzdfmztwq2lknnwg23tp",
        "policy_id": "gentle",
    },
    "NewPayment": {
        "amount": 15000,
        "description": "Paid by phone",
        "invoices": [{"id": "inv_mfrggzdfmztwq2lknnwg23tp", "amount": 8900}],
    },
    "DryRun": {
        "policy_id": "standard",
        "changes": {"offsets_seconds": [0, 259200, 604800], "grace_days": 7},
        "past_days": 90,
        "limit": 10,
    },
    "NewSetupSession": {
        "customer_id": "cus_mfrggzdfmztwq2lknnwg23tp",
        "success_url": "https://app.example.com/saved?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://app.example.com/billing",
    },
    "NewSubscription": {
        "customer_id": "cus_mfrggzdfmztwq2lknnwg23tp",
        "product": "Platform",
        "variant": "Business",
        "unit_amount": 8900,
        "interval": "monthly",
        "start_on": "2026-01-01",
        "contract_end_on": "2026-12-31",
    },
    "PauseSubscription": {"reason": "The customer is away until spring."},
    "ResumeSubscription": {"reason": "The customer is back."},
    "CancelSubscription": {"reason": "Moved to another product.", "collect_open_debt": True},
    "NewInvoice": {
        "customer_id": "cus_mfrggzdfmztwq2lknnwg23tp",
        "lines": [_LINE],
        "po_number": "PO-1815",
        "finalize": True,
    },
    "FinalizeInvoice": {"due_on": "2026-11-30"},
    "ChargeInvoice": {"payment_method_id": "pm_1RyExample"},
    "CancelInvoice": {"reason": "Billed twice by mistake."},
    "NewGroup": {
        "name": "Acme Corp",
        "contact": "Ann Lee",
        "email": "ap@acme.example",
        "terms": "net_30",
    },
    "GroupChanges": {"terms": "net_14", "contact": "Bob Ray"},
    "NewMember": {"customer_id": "cus_mfrggzdfmztwq2lknnwg23tp", "from_on": "2026-02-01"},
    "RemoveMember": {"until_on": "2026-06-01"},
    "BillGroup": {"last_on": "2026-02-28"},
    "NewImport": {
        "kind": "customers",
        "content": "name,email,kind,terms\nAda Byron,ada@example.com,business,net_30\n",
        "dry_run": True,
        "file_name": "customers.csv",
    },
    "NewBusiness": {
        "name": "Harbour & Pine",
        "currency": "USD",
        "zone": "America/New_York",
        "country": "US",
    },
    "NewUser": {"email": "grace@example.com", "role": "accountant"},
    "RoleChange": {"role": "viewer"},
    "NewApiClient": {"name": "Shop", "role": "account_manager"},
    "RotateApiClient": {"overlap_hours": 24},
    "TokenForm": {
        "grant_type": "client_credentials",
        "client_id": "cli_mfrggzdfmztwq2lknnwg23tp",
        "client_secret": "shown-once-when-the-client-was-made",
    },
    "ConnectAccount": {
        "return_url": "https://app.example.com/settings/payments",
        "refresh_url": "https://app.example.com/settings/payments?again=1",
    },
    "BusinessChanges": {"default_terms": "net_14", "policy": {"when_exhausted": "keep"}},
    "EvidenceDraft": {
        "text": "The customer has used the service every week since January.",
        "parts": ["invoice", "receipt", "messages", "portal_log", "attempts"],
    },
    "SubmitEvidence": {"text": "The customer has used the service every week since January."},
    "AcceptDispute": {"reason": "The customer is right: it was billed twice."},
    "NewTestClock": {"now_at": "2026-01-01T12:00:00Z"},
    "AdvanceTestClock": {"to": "2026-12-31T12:00:00Z"},
    "PortalPay": {"payment_method_id": "pm_1RyExample"},
    "PortalSetup": {},
}
PROBLEM = {
    "type": "urn:duecourse:problem:body_invalid",
    "title": "Unprocessable Entity",
    "status": 422,
    "code": "body_invalid",
    "detail": "The body does not fit this call; see errors.",
    "what_to_do": "Correct what is named and send it again, with a new Idempotency-Key.",
    "errors": [{"pointer": "/lines/0/unit_amount", "detail": "Expected int, got str."}],
}
