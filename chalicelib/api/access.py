"""Who may call what: one line for each operation of staff, by the view's name.

An operation that is not listed cannot be registered. Which business's things a role may touch is
not decided here: every id is looked up within the caller's own business.
"""

from __future__ import annotations

from chalicelib.domain.team import Role

ADMIN = frozenset({Role.ADMIN})
MONEY = ADMIN | {Role.ACCOUNTANT}
CLIENTS = MONEY | {Role.ACCOUNT_MANAGER}
ALL = CLIENTS | {Role.VIEWER}

WHO_MAY: dict[str, frozenset[Role]] = {
    "get_business": ALL,
    "change_business": ADMIN,
    "list_users": ALL,
    "add_user": ADMIN,
    "change_user": ADMIN,
    "remove_user": ADMIN,
    "list_api_clients": ADMIN,
    "create_api_client": ADMIN,
    "rotate_api_client": ADMIN,
    "revoke_api_client": ADMIN,
    "get_stripe_account": MONEY,
    "connect_stripe_account": ADMIN,
    "refresh_stripe_account": ADMIN,
    "list_customers": ALL,
    "get_customer": ALL,
    "create_customer": CLIENTS,
    "change_customer": CLIENTS,
    "list_dunning_policies": ALL,
    "get_dunning_policy": ALL,
    "list_dunning_policy_versions": ALL,
    "create_dunning_policy": ADMIN,
    "change_dunning_policy": ADMIN,
    "choose_default_dunning_policy": ADMIN,
    "assign_dunning_policy": CLIENTS,
    "rehearse_dunning_policy": CLIENTS,
    "suggest_payment": ALL,
    "take_payment": CLIENTS,
    "get_taken_payment": ALL,
    "cancel_taken_payment": CLIENTS,
    "list_payment_methods": ALL,
    "choose_default_payment_method": CLIENTS,
    "remove_payment_method": CLIENTS,
    "start_setup_session": CLIENTS,
    "get_setup_session": CLIENTS,
    "complete_setup_session": CLIENTS,
    "list_subscriptions": ALL,
    "get_subscription": ALL,
    "get_subscription_schedule": ALL,
    "preview_subscription": ALL,
    "create_subscription": CLIENTS,
    "pause_subscription": CLIENTS,
    "resume_subscription": CLIENTS,
    "cancel_subscription": CLIENTS,
    "list_invoices": ALL,
    "get_invoice": ALL,
    "get_invoice_pdf": ALL,
    "get_invoice_chargeability": ALL,
    "create_invoice": MONEY,
    "finalize_invoice": MONEY,
    "charge_invoice": CLIENTS,
    "cancel_invoice": MONEY,
    "list_invoice_facts": MONEY,
    "list_invoice_payments": ALL,
    "get_invoice_payment": ALL,
    "list_all_payments": ALL,
    "list_disputes": ALL,
    "get_dispute": ALL,
    "get_dispute_evidence": CLIENTS,
    "draft_dispute_evidence": CLIENTS,
    "submit_dispute_evidence": MONEY,
    "accept_dispute": MONEY,
    "get_dispute_packet": CLIENTS,
    "search_everything": ALL,
    "get_customer_timeline": ALL,
    "get_statement": ALL,
    "get_statement_pdf": ALL,
    "get_audit": MONEY,
    "export_audit": MONEY,
    "list_groups": ALL,
    "create_group": CLIENTS,
    "get_group": ALL,
    "change_group": CLIENTS,
    "list_group_members": ALL,
    "add_group_member": CLIENTS,
    "remove_group_member": CLIENTS,
    "list_group_invoices": ALL,
    "preview_group_invoices": ALL,
    "bill_group": MONEY,
    "list_imports": ALL,
    "start_import": MONEY,
    "get_import": ALL,
    "list_import_rows": ALL,
    "get_import_result": ALL,
    "apply_import": MONEY,
    "resume_import": MONEY,
    "get_trial_balance": MONEY,
    "create_test_clock": ADMIN,
    "get_test_clock": ADMIN,
    "advance_test_clock": ADMIN,
}

# How a sandbox's id begins: whoever owns one still acts for the real business unless they say so.
SANDBOX = "sandbox"


def is_sandbox(business_id: str) -> bool:
    return business_id.startswith(f"{SANDBOX}_")
