// What programs do with the typed clients: reviews, errors, patches, scale, apply, pages, eviction, tokens.
package clients

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	autoscalingapply "k8s.io/client-go/applyconfigurations/autoscaling/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	watchtools "k8s.io/client-go/tools/watch"
)

// The default of client-go is protobuf both ways, without being told so.
func TestProtobufIsTheDefault(t *testing.T) {
	t.Parallel()
	config := config(t)
	var sent, accepted, got string
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			sent, accepted = request.Header.Get("Content-Type"), request.Header.Get("Accept")
			response, err := next.RoundTrip(request)
			if err == nil {
				got = response.Header.Get("Content-Type")
			}
			return response, err
		})
	})
	client := kubernetes.NewForConfigOrDie(config)
	namespace := namespace(t, client)
	_, err := client.CoreV1().Secrets(namespace).Create(t.Context(), &corev1.Secret{ObjectMeta: named("a")}, metav1.CreateOptions{})
	check(t, err)
	if sent != protobufType || !strings.HasPrefix(accepted, protobufType) || got != protobufType {
		t.Errorf("sent %q, accepted %q, got %q", sent, accepted, got)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func TestReviews(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), clientset(t)
	namespace := namespace(t, client)

	me, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	check(t, err)
	if !slices.Contains(me.Status.UserInfo.Groups, "system:masters") {
		t.Errorf("I am %v", me.Status.UserInfo)
	}

	attributes := &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "delete", Group: "apps", Resource: "deployments"}
	mine, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: attributes},
	}, metav1.CreateOptions{})
	check(t, err)
	if !mine.Status.Allowed {
		t.Errorf("not allowed: %v", mine.Status)
	}
	others, err := client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{User: "nobody", ResourceAttributes: attributes},
	}, metav1.CreateOptions{})
	check(t, err)
	if others.Status.Allowed {
		t.Errorf("nobody is allowed: %v", others.Status)
	}
	local, err := client.AuthorizationV1().LocalSubjectAccessReviews(namespace).Create(ctx, &authorizationv1.LocalSubjectAccessReview{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace},
		Spec:       authorizationv1.SubjectAccessReviewSpec{User: "nobody", ResourceAttributes: attributes},
	}, metav1.CreateOptions{})
	check(t, err)
	if local.Status.Allowed {
		t.Errorf("nobody is allowed here: %v", local.Status)
	}
	rules, err := client.AuthorizationV1().SelfSubjectRulesReviews().Create(ctx, &authorizationv1.SelfSubjectRulesReview{
		Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: namespace},
	}, metav1.CreateOptions{})
	check(t, err)
	if len(rules.Status.ResourceRules) == 0 || len(rules.Status.NonResourceRules) == 0 {
		t.Errorf("rules: %v", rules.Status)
	}

	account := client.CoreV1().ServiceAccounts(namespace)
	token, err := account.CreateToken(ctx, "default", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(600))},
	}, metav1.CreateOptions{})
	check(t, err)
	review, err := client.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token.Status.Token},
	}, metav1.CreateOptions{})
	check(t, err)
	if name := review.Status.User.Username; name != "system:serviceaccount:"+namespace+":default" {
		t.Errorf("the token is of %q: %v", name, review.Status)
	}

	// A client with that token may do what a RoleBinding says, once it does.
	config := config(t)
	config.TLSClientConfig.CertData, config.TLSClientConfig.KeyData = nil, nil
	config.BearerToken = token.Status.Token
	limited := kubernetes.NewForConfigOrDie(config)
	if _, err := limited.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("a list without a role: %v", err)
	}
	_, err = client.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: named("view"),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "default", Namespace: namespace}},
	}, metav1.CreateOptions{})
	check(t, err)
	eventually(t, "the role", func(ctx context.Context) (bool, error) {
		_, err := limited.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		return err == nil, nil
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), clientset(t)
	namespace := namespace(t, client)
	maps := client.CoreV1().ConfigMaps(namespace)

	_, err := maps.Get(ctx, "none", metav1.GetOptions{})
	if !apierrors.IsNotFound(err) || err.Error() != `configmaps "none" not found` {
		t.Errorf("not found: %v", err)
	}
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: named("Not_A_Name")}, metav1.CreateOptions{})
	if !apierrors.IsInvalid(err) || !apierrors.HasStatusCause(err, metav1.CauseTypeFieldValueInvalid) {
		t.Errorf("invalid: %v", err)
	}
	first, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: named("a")}, metav1.CreateOptions{})
	check(t, err)
	_, err = maps.Create(ctx, first, metav1.CreateOptions{})
	if err == nil {
		t.Error("created with a version")
	}
	_, err = maps.Watch(ctx, metav1.ListOptions{ResourceVersion: "nonsense"})
	if err == nil || !strings.Contains(err.Error(), `resourceVersion: Invalid value: "nonsense"`) {
		t.Errorf("a watch from nonsense: %v", err)
	}
	_, err = maps.List(ctx, metav1.ListOptions{Continue: "nonsense"})
	if !apierrors.IsBadRequest(err) {
		t.Errorf("a continue token of nonsense: %v", err)
	}
	uid := types.UID("other")
	err = maps.Delete(ctx, "a", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
	if !apierrors.IsConflict(err) {
		t.Errorf("deletion of another: %v", err)
	}
	check(t, maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "metadata.name=a"}))
	if _, err := maps.Get(ctx, "a", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after the collection was deleted: %v", err)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), clientset(t)
	maps := client.CoreV1().ConfigMaps(namespace(t, client))
	for i := range 25 {
		_, err := maps.Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("m-%02d", i), Labels: map[string]string{"mine": "yes"}},
		}, metav1.CreateOptions{})
		check(t, err)
	}
	options := metav1.ListOptions{FieldSelector: "metadata.name!=kube-root-ca.crt", Limit: 10}
	first, err := maps.List(ctx, options)
	check(t, err)
	// What is deleted after the first page is still on the pages that follow.
	check(t, maps.Delete(ctx, "m-24", metav1.DeleteOptions{}))
	var names []string
	for page := first; ; {
		for _, one := range page.Items {
			names = append(names, one.Name)
		}
		if page.ResourceVersion != first.ResourceVersion {
			t.Errorf("a page of version %s after one of %s", page.ResourceVersion, first.ResourceVersion)
		}
		if page.Continue == "" {
			break
		}
		options.Continue = page.Continue
		page, err = maps.List(ctx, options)
		check(t, err)
	}
	if len(names) != 25 || names[0] != "m-00" || names[24] != "m-24" {
		t.Errorf("%d names: %v", len(names), names)
	}

	plain, err := maps.List(ctx, metav1.ListOptions{Limit: 10})
	check(t, err)
	if plain.RemainingItemCount == nil || *plain.RemainingItemCount < 14 {
		t.Errorf("remaining: %v", plain.RemainingItemCount)
	}

	count := 0
	pages := pager.New(pager.SimplePageFunc(func(options metav1.ListOptions) (runtime.Object, error) {
		return maps.List(ctx, options)
	}))
	pages.PageSize = 7
	check(t, pages.EachListItem(ctx, metav1.ListOptions{LabelSelector: "mine=yes"}, func(runtime.Object) error {
		count++
		return nil
	}))
	if count != 24 {
		t.Errorf("%d items in pages of 7", count)
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), clientset(t)
	namespace := namespace(t, client)
	deployments := client.AppsV1().Deployments(namespace)
	wanted := func(replicas int32, image string) *appsapply.DeploymentApplyConfiguration {
		labels := map[string]string{"app": "applied"}
		return appsapply.Deployment("applied", namespace).WithSpec(appsapply.DeploymentSpec().
			WithReplicas(replicas).
			WithSelector(metaapply.LabelSelector().WithMatchLabels(labels)).
			WithTemplate(coreapply.PodTemplateSpec().WithLabels(labels).WithSpec(coreapply.PodSpec().
				WithContainers(coreapply.Container().WithName("main").WithImage(image)))))
	}
	one := metav1.ApplyOptions{FieldManager: "one"}
	made, err := deployments.Apply(ctx, wanted(0, "demo:1"), one)
	check(t, err)
	again, err := deployments.Apply(ctx, wanted(0, "demo:1"), one)
	check(t, err)
	if again.UID != made.UID || again.Generation != 1 {
		t.Errorf("applied twice: %v", again.ObjectMeta)
	}

	_, err = deployments.Apply(ctx, wanted(0, "demo:2"), metav1.ApplyOptions{FieldManager: "two"})
	if !apierrors.IsConflict(err) || !apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict) {
		t.Errorf("applied by another: %v", err)
	}
	forced, err := deployments.Apply(ctx, wanted(0, "demo:2"), metav1.ApplyOptions{FieldManager: "two", Force: true})
	check(t, err)
	if image := forced.Spec.Template.Spec.Containers[0].Image; image != "demo:2" {
		t.Errorf("image after force: %s", image)
	}

	// What the first one no longer owns is not in what can be extracted for it.
	extracted, err := appsapply.ExtractDeployment(forced, "one")
	check(t, err)
	if extracted.Spec.Template.Spec.Containers[0].Image != nil || *extracted.Spec.Replicas != 0 {
		t.Errorf("extracted: %+v", extracted.Spec)
	}
	// Owned by nobody else, a member that is no longer applied goes away.
	maps := client.CoreV1().ConfigMaps(namespace)
	_, err = maps.Apply(ctx, coreapply.ConfigMap("m", namespace).WithData(map[string]string{"a": "1", "b": "2"}), one)
	check(t, err)
	less, err := maps.Apply(ctx, coreapply.ConfigMap("m", namespace).WithData(map[string]string{"b": "2"}), one)
	check(t, err)
	if len(less.Data) != 1 || less.Data["b"] != "2" {
		t.Errorf("data: %v", less.Data)
	}

	status := coreapply.Namespace(namespace).WithStatus(coreapply.NamespaceStatus().WithConditions(
		coreapply.NamespaceCondition().WithType("Example").WithStatus(corev1.ConditionTrue).WithReason("Tested").WithMessage("")))
	applied, err := client.CoreV1().Namespaces().ApplyStatus(ctx, status, one)
	check(t, err)
	if len(applied.Status.Conditions) != 1 || applied.Status.Conditions[0].Type != "Example" {
		t.Errorf("status: %v", applied.Status)
	}
	scaled, err := deployments.ApplyScale(ctx, "applied", scaleTo(namespace, 2), metav1.ApplyOptions{FieldManager: "three", Force: true})
	check(t, err)
	if scaled.Spec.Replicas != 2 {
		t.Errorf("scale: %v", scaled.Spec)
	}
}

// A Deployment runs: pods become ready, are scaled and evicted, and go with it.
func TestDeployment(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), clientset(t)
	namespace := namespace(t, client)
	deployments, pods := client.AppsV1().Deployments(namespace), client.CoreV1().Pods(namespace)
	labels := map[string]string{"app": "demo"}
	if nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{}); err != nil || len(nodes.Items) == 0 {
		t.Skip("there is no node")
	}
	_, err := deployments.Create(ctx, &appsv1.Deployment{
		ObjectMeta: named("demo"),
		Spec: appsv1.DeploymentSpec{
			Replicas: new(int32(2)),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "demo"}}},
			},
		},
	}, metav1.CreateOptions{})
	check(t, err)
	ready := func(replicas int32) func(watch.Event) (bool, error) {
		return func(event watch.Event) (bool, error) {
			deployment, ok := event.Object.(*appsv1.Deployment)
			return ok && deployment.Status.ReadyReplicas == replicas && deployment.Status.Replicas == replicas, nil
		}
	}
	until := func(condition watchtools.ConditionFunc) {
		t.Helper()
		limited, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		source := cache.NewListWatchFromClient(client.AppsV1().RESTClient(), "deployments", namespace, fields.Everything())
		_, err := watchtools.UntilWithSync(limited, source, &appsv1.Deployment{}, nil, condition)
		check(t, err)
	}
	until(ready(2))

	scale, err := deployments.GetScale(ctx, "demo", metav1.GetOptions{})
	check(t, err)
	if scale.Spec.Replicas != 2 || scale.Status.Selector != "app=demo" {
		t.Errorf("scale: %v", scale)
	}
	scale.Spec.Replicas = 3
	_, err = deployments.UpdateScale(ctx, "demo", &autoscalingv1.Scale{ObjectMeta: scale.ObjectMeta, Spec: scale.Spec}, metav1.UpdateOptions{})
	check(t, err)
	until(ready(3))

	patch := `{"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"A","value":"b"}]}]}}}}`
	patched, err := deployments.Patch(ctx, "demo", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
	check(t, err)
	if main := patched.Spec.Template.Spec.Containers[0]; main.Image != "demo" || len(main.Env) != 1 {
		t.Errorf("patched: %v", main)
	}
	patched, err = deployments.Patch(ctx, "demo", types.JSONPatchType, []byte(`[{"op":"replace","path":"/spec/replicas","value":1}]`), metav1.PatchOptions{})
	check(t, err)
	if *patched.Spec.Replicas != 1 {
		t.Errorf("patched: %v", patched.Spec)
	}
	until(func(event watch.Event) (bool, error) {
		deployment := event.Object.(*appsv1.Deployment)
		done, err := ready(1)(event)
		return done && deployment.Status.UpdatedReplicas == 1, err
	})

	var evicted string
	eventually(t, "one pod", func(ctx context.Context) (bool, error) {
		list, err := pods.List(ctx, metav1.ListOptions{LabelSelector: "app=demo", FieldSelector: "status.phase=Running"})
		if err != nil || len(list.Items) != 1 {
			return false, err
		}
		evicted = list.Items[0].Name
		return true, nil
	})
	check(t, pods.EvictV1(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: evicted, Namespace: namespace}}))
	eventually(t, "another pod", func(ctx context.Context) (bool, error) {
		list, err := pods.List(ctx, metav1.ListOptions{LabelSelector: "app=demo"})
		return err == nil && len(list.Items) == 1 && list.Items[0].Name != evicted, err
	})

	background := metav1.DeletePropagationBackground
	check(t, deployments.Delete(ctx, "demo", metav1.DeleteOptions{PropagationPolicy: &background}))
	eventually(t, "no pods", func(ctx context.Context) (bool, error) {
		list, err := pods.List(ctx, metav1.ListOptions{})
		return err == nil && len(list.Items) == 0, err
	})
}

// A pod is bound by hand, as a scheduler does it.
func TestBinding(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), clientset(t)
	pods := client.CoreV1().Pods(namespace(t, client))
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: 1})
	check(t, err)
	if len(nodes.Items) == 0 {
		t.Skip("there is no node")
	}
	_, err = pods.Create(ctx, &corev1.Pod{
		ObjectMeta: named("bound"),
		Spec:       corev1.PodSpec{SchedulerName: "nobody", Containers: []corev1.Container{{Name: "main", Image: "demo"}}},
	}, metav1.CreateOptions{})
	check(t, err)
	check(t, pods.Bind(ctx, &corev1.Binding{
		ObjectMeta: named("bound"),
		Target:     corev1.ObjectReference{Kind: "Node", Name: nodes.Items[0].Name},
	}, metav1.CreateOptions{}))
	pod, err := pods.Get(ctx, "bound", metav1.GetOptions{})
	check(t, err)
	if pod.Spec.NodeName != nodes.Items[0].Name {
		t.Errorf("bound to %q", pod.Spec.NodeName)
	}
}

func scaleTo(namespace string, replicas int32) *autoscalingapply.ScaleApplyConfiguration {
	return autoscalingapply.Scale().WithName("applied").WithNamespace(namespace).
		WithSpec(autoscalingapply.ScaleSpec().WithReplicas(replicas))
}

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name}
}
