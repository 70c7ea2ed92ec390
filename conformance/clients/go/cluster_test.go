// Stock client-go against the cluster that KUBECONFIG names: what its tests share.
package clients

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	jsonType     = "application/json"
	protobufType = "application/vnd.kubernetes.protobuf"
)

// config is how to reach the cluster, with nothing chosen but that requests do not wait for each other.
func config(t *testing.T) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	return config
}

func clientset(t *testing.T) *kubernetes.Clientset {
	t.Helper()
	return kubernetes.NewForConfigOrDie(config(t))
}

// run tells the namespaces of one run against a lasting cluster from those of the next.
var (
	run    = fmt.Sprintf("%x", time.Now().UnixNano()/1e6)
	number atomic.Int32
)

// namespace makes a namespace for one test, and waits until pods can be created in it.
func namespace(t *testing.T, client kubernetes.Interface) string {
	t.Helper()
	name := fmt.Sprintf("t-%s-%d", run, number.Add(1))
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), made, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a default service account", func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err == nil, nil
	})
	return name
}

// eventually asks until the answer is yes, for at most 20 seconds.
func eventually(t *testing.T, what string, condition wait.ConditionWithContextFunc) {
	t.Helper()
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 20*time.Second, true, condition); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// unique makes the name of an object without a namespace one of this run; names with a form of their own stay.
func unique(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return name + "-" + run
}
