-- $1 fulfilment, $2 tenant.
select label_plan($1, $2) as "plan: Json<LabelPlan>"
